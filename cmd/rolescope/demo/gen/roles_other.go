package main

func otherRoles() []role {
	return []role{
		{
			title: "Prompt Engineer", department: "Product", team: "Applied AI", levels: []string{""}, pay: [2]int{130, 175}, share: 0.3,
			goals:  []string{"Write, test and version the prompts behind %P", "Build evaluation sets with domain experts", "Find out why an answer went wrong and make it not happen again"},
			asks:   []string{"Excellent writing", "You have debugged a language model with a spreadsheet and a hypothesis"},
			skills: []skill{{"prompt engineering", 0.95, 0.95}, {"Python", 0.6, 0.7}, {"Claude", 0.4, 0.6}, {"OpenAI API", 0.5, 0.45}, evals, rag, agents},
		},
		{
			title: "Forward Deployed Engineer", department: "Field", team: "Deployments", levels: []string{"", "Senior"}, pay: [2]int{150, 205}, share: 0.45,
			goals: []string{"Sit with customers and make %P work in their world", "Write code in their environment and bring the general part home", "Lead deployments from the first call to the first invoice", "Tell product what the field sees"},
			asks:  []string{"3+ years of experience in software engineering or consulting", "Willing to travel up to 30%"},
			skills: []skill{
				{"Python", 0.85, 0.9}, {"TypeScript", 0.4, 0.45}, {"SQL", 0.5, 0.5}, {"AWS", 0.5, 0.5}, {"Docker", 0.4, 0.4}, {"Terraform", 0.25, 0.3}, {"AI agents", 0.3, 0.85}, rag, mcp, evals,
			},
		},
		{
			title: "Product Manager", department: "Product", team: "Product", levels: []string{"", "Senior", "Principal"}, pay: [2]int{150, 200}, share: 0.8,
			goals:  []string{"Decide what %P does next and what it will not do", "Write short documents that end discussions", "Spend a day each week with customers", "Own adoption, not only launch"},
			asks:   []string{"5+ years of experience in product management", "You have shipped a product with machine learning inside"},
			skills: []skill{{"SQL", 0.4, 0.4}, {"A/B testing", 0.4, 0.4}, {"roadmapping", 0.6, 0.5}, {"Jira", 0.4, 0.3}, {"Figma", 0.3, 0.3}, {"generative AI", 0.3, 0.6}, agents},
		},
		{
			title: "Account Executive", department: "Sales", team: "Enterprise", levels: []string{"", "Senior"}, pay: [2]int{110, 150}, share: 0.75,
			goals:  []string{"Sell %P to people who have heard promises before", "Run your pipeline with discipline", "Bring in engineers early and honestly"},
			asks:   []string{"5+ years of experience in enterprise software sales", "A record of meeting a quota of more than a million a year"},
			skills: []skill{{"Salesforce", 0.8, 0.75}, {"MEDDIC", 0.4, 0.4}, {"negotiation", 0.5, 0.5}, {"generative AI", 0.1, 0.3}},
		},
		{
			title: "Product Designer", department: "Design", team: "Design", levels: []string{"", "Senior"}, pay: [2]int{130, 175}, share: 0.6,
			goals:  []string{"Design how people meet %P, from the first screen to the hundredth", "Prototype early and test with five people", "Keep our design system small"},
			asks:   []string{"4+ years of experience in product design", "A portfolio that shows decisions, not only pictures"},
			skills: []skill{{"Figma", 0.95, 0.95}, {"user research", 0.6, 0.6}, {"prototyping", 0.6, 0.55}, {"design systems", 0.5, 0.5}, {"HTML", 0.2, 0.25}, {"generative AI", 0.1, 0.35}},
		},
		{
			title: "Customer Success Manager", department: "Customer Success", team: "Customers", levels: []string{""}, pay: [2]int{95, 130}, share: 0.5,
			goals:  []string{"Help customers get value from %P in their first month", "See a cancellation coming and prevent it", "Collect what customers ask for and argue for the right half"},
			asks:   []string{"3+ years of experience in customer success", "You like both spreadsheets and people"},
			skills: []skill{{"Salesforce", 0.5, 0.5}, {"SQL", 0.2, 0.3}, {"Zendesk", 0.4, 0.35}, {"generative AI", 0.1, 0.3}},
		},
		{
			title: "Engineering Manager", department: "Engineering", team: "Engineering", levels: []string{""}, pay: [2]int{190, 250}, share: 0.45,
			goals:  []string{"Lead a team of seven engineers who build %P", "Hire slowly and well", "Keep plans honest and meetings short"},
			asks:   []string{"3+ years of experience leading engineers", "You still read code"},
			skills: []skill{{"Kubernetes", 0.3, 0.3}, {"Python", 0.4, 0.4}, {"AWS", 0.4, 0.4}, {"mentoring", 0.7, 0.7}, agents},
		},
		{
			title: "Member of Technical Staff", department: "Research", team: "Models", levels: []string{""}, pay: [2]int{200, 300}, share: 0.3,
			goals:  []string{"Do whatever moves %P forward this week: data, training, serving or a paper", "Scale experiments by a factor of ten", "Write down what you learned"},
			asks:   []string{"Excellent engineering and research taste", "You finish things"},
			skills: []skill{{"Python", 0.95, 0.95}, {"PyTorch", 0.8, 0.85}, {"JAX", 0.4, 0.4}, {"CUDA", 0.4, 0.5}, {"distributed training", 0.6, 0.75}, {"reinforcement learning", 0.3, 0.6}, evals, finetune, vllm},
		},
	}
}
