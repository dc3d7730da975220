package main

import "slices"

// skill is one thing an advert may ask for, with the share of adverts of its role that ask for it
// at each of the two moments.
type skill struct {
	name      string
	then, now float64
}

// role is a kind of job.
type role struct {
	title      string
	department string
	team       string
	levels     []string // of the titles: "", "Senior", ...
	pay        [2]int   // per year in the United States at the plain level, in thousands
	share      float64  // of employers that look for it at a time
	goals      []string // what you'll do; "%P" is the employer's product
	asks       []string // requirements beside the skills
	skills     []skill
}

// The ingredients shared by the modelling roles. What a research engineer and a machine learning
// engineer are asked for grows together between the two moments: that is what the demo shows.
var (
	agents   = skill{"AI agents", 0.15, 0.75}
	rag      = skill{"retrieval-augmented generation", 0.25, 0.6}
	evals    = skill{"LLM evaluation", 0.15, 0.7}
	mcp      = skill{"Model Context Protocol", 0.03, 0.45}
	finetune = skill{"fine-tuning of large language models", 0.3, 0.6}
	vllm     = skill{"vLLM", 0.1, 0.45}
)

func roles() []role {
	return slices.Concat(researchRoles(), modelRoles(), dataRoles(), otherRoles())
}

func researchRoles() []role {
	return []role{
		{
			title: "Research Scientist", department: "Research", team: "Foundations", levels: []string{"", "Senior", "Staff"}, pay: [2]int{190, 260}, share: 1,
			goals: []string{
				"Set the research agenda for %P together with two other scientists", "Design experiments that could prove you wrong, and run them",
				"Publish at venues such as NeurIPS, ICML and ICLR, and present to people who have to use the result", "Turn the ideas that survive into prototypes with research engineers",
				"Read widely and tell the team what matters this month",
			},
			asks: []string{
				"PhD in machine learning, statistics, physics or a related field, or equivalent research experience", "First-author publications at leading conferences",
				"Clear writing: you can explain a negative result to a product manager",
			},
			skills: []skill{
				{"Python", 0.9, 0.95},
				{"PyTorch", 0.75, 0.85},
				{"JAX", 0.45, 0.5},
				{"deep learning", 0.8, 0.8},
				{"reinforcement learning", 0.4, 0.65},
				{"probability and statistics", 0.6, 0.5},
				{"distributed training", 0.15, 0.5},
				{"transformers", 0.4, 0.55},
				{"diffusion models", 0.2, 0.3},
				{"CUDA", 0.1, 0.3},
				evals, finetune,
			},
		},
		{
			title: "Research Engineer", department: "Research", team: "Research Engineering", levels: []string{"", "Senior", ""}, pay: [2]int{180, 250}, share: 1,
			goals: []string{
				"Build the training and evaluation code behind %P", "Reproduce results from papers and make them ten times faster", "Own experiments end to end, from data to plots that people trust",
				"Bring research models into production with the platform team", "Keep our GPU cluster busy with work that matters",
			},
			asks: []string{"4+ years of experience in software engineering or machine learning research", "Bachelor's or Master's degree in computer science, or equivalent experience", "You profile before you optimise"},
			skills: []skill{
				{"Python", 0.95, 0.95},
				{"PyTorch", 0.85, 0.9},
				{"distributed training", 0.5, 0.7},
				{"CUDA", 0.4, 0.5},
				{"C++", 0.45, 0.35},
				{"Kubernetes", 0.25, 0.55},
				{"Docker", 0.25, 0.5},
				{"deep learning", 0.7, 0.7},
				{"reinforcement learning", 0.2, 0.5},
				{"Ray", 0.15, 0.35},
				{"Linux", 0.4, 0.4},
				evals, finetune, vllm, agents,
			},
		},
		{
			title: "Applied Scientist", department: "Science", team: "Applied Science", levels: []string{"", "Senior", "Principal"}, pay: [2]int{170, 235}, share: 0.95,
			goals: []string{
				"Find the problems in %P that a better model would solve, and say which would not", "Prototype, evaluate offline, and run the online experiment yourself", "Work with engineers until the model serves customers",
				"Mentor colleagues in experimental design", "Report results with intervals, not only with points",
			},
			asks: []string{"Master's degree or PhD in a quantitative field", "3+ years of experience applying machine learning to real products", "Experience with online experiments at scale"},
			skills: []skill{
				{"Python", 0.9, 0.95},
				{"SQL", 0.6, 0.5},
				{"PyTorch", 0.55, 0.7},
				{"A/B testing", 0.6, 0.5},
				{"causal inference", 0.45, 0.35},
				{"deep learning", 0.5, 0.6},
				{"natural language processing", 0.45, 0.45},
				{"scikit-learn", 0.45, 0.3},
				{"Spark", 0.3, 0.25},
				{"AWS", 0.3, 0.4},
				rag, evals, finetune, agents,
			},
		},
	}
}

func modelRoles() []role {
	return []role{
		{
			title: "Machine Learning Engineer", department: "Engineering", team: "Machine Learning", levels: []string{"", "Senior", "Staff"}, pay: [2]int{165, 230}, share: 1,
			goals: []string{
				"Train, ship and watch the models behind %P", "Own feature pipelines and model serving with latency budgets in milliseconds", "Take research prototypes and make them boringly reliable",
				"Cut the cost of inference without customers noticing", "Share on-call for what you ship",
			},
			asks: []string{"5+ years of experience building machine learning systems in production", "Bachelor's degree in computer science or equivalent experience", "You write tests for data as well as for code"},
			skills: []skill{
				{"Python", 0.95, 0.95},
				{"PyTorch", 0.65, 0.8},
				{"TensorFlow", 0.4, 0.2},
				{"Kubernetes", 0.5, 0.6},
				{"Docker", 0.5, 0.55},
				{"AWS", 0.5, 0.5},
				{"Spark", 0.3, 0.25},
				{"SQL", 0.45, 0.35},
				{"MLflow", 0.3, 0.25},
				{"distributed training", 0.2, 0.5},
				{"CUDA", 0.1, 0.3},
				{"deep learning", 0.5, 0.6},
				{"Airflow", 0.3, 0.25},
				rag, evals, finetune, vllm, agents,
			},
		},
		{
			title: "AI Engineer", department: "Engineering", team: "Applied AI", levels: []string{"", "Senior"}, pay: [2]int{155, 215}, share: 0.7,
			goals: []string{
				"Build features on large language models that make %P useful on the first day", "Design prompts, tools and guardrails, and measure them", "Make failures visible: traces, evaluations, review queues",
				"Talk to customers every week", "Choose between a model, a rule and a button",
			},
			asks: []string{"3+ years of experience as a software engineer", "You have shipped something that talks to a language model and kept it running"},
			skills: []skill{
				{"Python", 0.9, 0.9},
				{"TypeScript", 0.45, 0.5},
				{"OpenAI API", 0.5, 0.4},
				{"Claude", 0.2, 0.5},
				{"LangChain", 0.5, 0.3},
				{"prompt engineering", 0.6, 0.5},
				{"vector databases", 0.45, 0.4},
				{"FastAPI", 0.35, 0.4},
				{"AWS", 0.4, 0.4},
				{"PostgreSQL", 0.3, 0.3},
				rag, evals, mcp,
				{"AI agents", 0.4, 0.9},
			},
		},
		{
			title: "MLOps Engineer", department: "Engineering", team: "ML Platform", levels: []string{"", "Senior"}, pay: [2]int{155, 210}, share: 0.5,
			goals: []string{"Run the platform that trains and serves %P", "Automate releases of models, with rollbacks that work", "Track cost, drift and latency, and say when they matter", "Support scientists who should not need to know Kubernetes"},
			asks:  []string{"4+ years of experience in platform or infrastructure engineering", "You have been on call and improved it"},
			skills: []skill{
				{"Kubernetes", 0.9, 0.9}, {"Terraform", 0.7, 0.7}, {"Python", 0.8, 0.8}, {"AWS", 0.6, 0.55}, {"GCP", 0.3, 0.35}, {"MLflow", 0.5, 0.4}, {"Kubeflow", 0.4, 0.25}, {"Prometheus", 0.4, 0.45}, {"Docker", 0.6, 0.6}, {"Ray", 0.2, 0.45}, vllm,
			},
		},
	}
}

func dataRoles() []role {
	return []role{
		{
			title: "Data Scientist", department: "Data", team: "Insights", levels: []string{"", "Senior"}, pay: [2]int{140, 190}, share: 0.75,
			goals: []string{"Answer the questions that decide where %P goes next", "Design experiments and analyse them honestly", "Build dashboards that replace meetings", "Model demand and retention"},
			asks:  []string{"3+ years of experience in data science", "Degree in statistics, economics or a related field", "You can say \"we do not know\" and what it would take to know"},
			skills: []skill{
				{"SQL", 0.9, 0.9}, {"Python", 0.85, 0.9}, {"R", 0.4, 0.3}, {"A/B testing", 0.6, 0.6}, {"pandas", 0.5, 0.5}, {"scikit-learn", 0.5, 0.45}, {"Tableau", 0.35, 0.25}, {"dbt", 0.3, 0.4}, {"causal inference", 0.3, 0.4}, {"LLM evaluation", 0.05, 0.3},
			},
		},
		{
			title: "Data Engineer", department: "Data", team: "Data Platform", levels: []string{"", "Senior"}, pay: [2]int{140, 185}, share: 0.7,
			goals: []string{"Own the pipelines that feed %P", "Model data so that two teams get the same number", "Watch freshness and quality, and fix causes", "Keep cost per query falling"},
			asks:  []string{"4+ years of experience in data engineering", "Strong opinions about schemas, loosely held"},
			skills: []skill{
				{"SQL", 0.95, 0.95}, {"Python", 0.85, 0.85}, {"Spark", 0.6, 0.5}, {"Airflow", 0.6, 0.5}, {"dbt", 0.5, 0.6}, {"Kafka", 0.5, 0.5}, {"Snowflake", 0.45, 0.4}, {"ClickHouse", 0.15, 0.35}, {"AWS", 0.5, 0.5}, {"Apache Iceberg", 0.1, 0.35}, {"Terraform", 0.3, 0.3},
			},
		},
		{
			title: "Software Engineer, Backend", department: "Engineering", team: "Platform", levels: []string{"", "Senior", "Staff"}, pay: [2]int{150, 205}, share: 1,
			goals: []string{"Design and run the services behind %P", "Write the migration plan before the migration", "Review code with care and ask for the same", "Improve how quickly we find out that something is broken"},
			asks:  []string{"4+ years of experience building backend services", "You know what happens between a request and a row"},
			skills: []skill{
				{"Go", 0.5, 0.5}, {"Python", 0.5, 0.5}, {"Java", 0.25, 0.2}, {"PostgreSQL", 0.6, 0.6}, {"Kubernetes", 0.5, 0.5}, {"Kafka", 0.35, 0.35}, {"gRPC", 0.3, 0.3}, {"AWS", 0.5, 0.5}, {"Redis", 0.3, 0.3}, {"Rust", 0.15, 0.25}, {"GitHub Copilot", 0.05, 0.3}, agents,
			},
		},
		{
			title: "Software Engineer, Frontend", department: "Engineering", team: "Product Engineering", levels: []string{"", "Senior"}, pay: [2]int{145, 195}, share: 0.6,
			goals: []string{"Build the screens people use with %P all day", "Care for keyboard users and slow networks", "Work with design from the first sketch", "Measure what is slow and make it fast"},
			asks:  []string{"3+ years of experience in frontend engineering", "An eye for detail and the patience for the last ten percent"},
			skills: []skill{
				{"TypeScript", 0.95, 0.95}, {"React", 0.9, 0.85}, {"GraphQL", 0.4, 0.35}, {"CSS", 0.6, 0.6}, {"Next.js", 0.4, 0.4}, {"Playwright", 0.2, 0.35}, {"Figma", 0.3, 0.3}, {"accessibility", 0.4, 0.4},
			},
		},
	}
}
