package main

// employer is an invented company.
type employer struct {
	name, board, kind string
	product           string // fills "%P" in the texts
	about             string
	benefits          []string
	places            []place
	remote            string // workplace of most of its jobs
}

// place is a city with what its jobs pay in.
type place struct {
	text, city, region, country, code string
	currency                          string
	factor                            float64 // pay relative to the United States
}

var (
	sanFrancisco = place{"San Francisco, CA", "San Francisco", "California", "United States", "US", "USD", 1}
	newYork      = place{"New York, NY", "New York", "New York", "United States", "US", "USD", 0.97}
	seattle      = place{"Seattle, WA", "Seattle", "Washington", "United States", "US", "USD", 0.95}
	austin       = place{"Austin, TX", "Austin", "Texas", "United States", "US", "USD", 0.85}
	london       = place{"London, United Kingdom", "London", "England", "United Kingdom", "GB", "GBP", 0.55}
	berlin       = place{"Berlin, Germany", "Berlin", "Berlin", "Germany", "DE", "EUR", 0.52}
	munich       = place{"Munich, Germany", "Munich", "Bavaria", "Germany", "DE", "EUR", 0.55}
	paris        = place{"Paris, France", "Paris", "Ile-de-France", "France", "FR", "EUR", 0.48}
	amsterdam    = place{"Amsterdam, Netherlands", "Amsterdam", "North Holland", "Netherlands", "NL", "EUR", 0.52}
	dublin       = place{"Dublin, Ireland", "Dublin", "Leinster", "Ireland", "IE", "EUR", 0.53}
)

// employers lists the invented companies. Names and products are made up; any likeness is chance.
func employers() []employer {
	return append(onGreenhouse(), append(onLever(), onAshby()...)...)
}

func onGreenhouse() []employer {
	return []employer{
		{
			name: "Quillwave", board: "quillwave", kind: "greenhouse", product: "acoustic models of the sea", remote: "Hybrid",
			about:    "Quillwave listens to the ocean. Our models turn hydrophone recordings into maps of shipping, weather and marine life, and port authorities on four continents rely on them every hour of the day. We are 140 people, profitable, and stubborn about doing careful science that ships.",
			benefits: []string{"Health, dental and vision cover for you and your family", "25 days of paid leave plus local holidays", "A yearly research budget of $4,000", "Equity in the company"},
			places:   []place{seattle, london, sanFrancisco},
		},
		{
			name: "Marlowick Robotics", board: "marlowickrobotics", kind: "greenhouse", product: "warehouse manipulation", remote: "On-Site",
			about:    "Marlowick Robotics builds arms that can pick anything. Our robots work in 60 warehouses next to people, and every grasp they make teaches the next one. You will work a few steps away from the machines your code moves.",
			benefits: []string{"Competitive base pay and stock options", "Medical, dental and vision insurance", "401(k) with 4% match", "Lunch cooked in the building"},
			places:   []place{austin, sanFrancisco, munich},
		},
		{
			name: "Saltbranch", board: "saltbranch", kind: "greenhouse", product: "energy trading forecasts", remote: "Hybrid",
			about:    "Saltbranch forecasts electricity. Grid operators and traders in eleven countries use our probabilistic forecasts to decide, every fifteen minutes, where power should flow. A better forecast burns less gas, so accuracy is our climate work.",
			benefits: []string{"30 days of holiday", "Pension with 8% employer contribution", "Learning days every quarter", "Bicycle lease"},
			places:   []place{amsterdam, london, berlin},
		},
		{
			name: "Fennhaven Labs", board: "fennhavenlabs", kind: "greenhouse", product: "language models for law", remote: "Hybrid",
			about:    "Fennhaven Labs trains and serves language models that read contracts. More than 300 law firms draft, compare and check documents with them, so an answer without a source is a bug here. We publish our evaluations, including the ones we lose.",
			benefits: []string{"Equity with a ten-year exercise window", "Private healthcare", "Sixteen weeks of parental leave for every parent", "Relocation support"},
			places:   []place{newYork, london, sanFrancisco},
		},
		{
			name: "Brindlemoor Health", board: "brindlemoorhealth", kind: "greenhouse", product: "clinical documentation", remote: "Remote",
			about:    "Brindlemoor Health gives clinicians their evenings back. Our assistant listens, with consent, drafts the note and the codes, and leaves every decision to the clinician. It is used in 900 practices and has been evaluated in three peer-reviewed studies.",
			benefits: []string{"Medical, dental and vision from day one", "Flexible time off with a minimum of three weeks", "Home office stipend", "401(k) plan"},
			places:   []place{newYork, austin, seattle},
		},
		{
			name: "Novaquay", board: "novaquay", kind: "greenhouse", product: "freight pricing", remote: "Hybrid",
			about:    "Novaquay prices freight. Shippers ask us what a container from Busan to Rotterdam will cost next month, and we answer in 40 milliseconds with a number and an interval. Founded by a dispatcher and a statistician, we now move a tenth of the Atlantic's spot bookings.",
			benefits: []string{"28 days of holiday", "Stock options", "Annual trip to a harbour of the team's choice", "Childcare allowance"},
			places:   []place{dublin, amsterdam, newYork},
		},
	}
}

func onLever() []employer {
	return []employer{
		{
			name: "Lumenfold", board: "lumenfold", kind: "lever", product: "optical chip design", remote: "hybrid",
			about:    "Lumenfold designs chips that compute with light. We write the software that lays them out: simulation, search and learned models that find in a night what took a team a quarter. Our first chips are in two national laboratories.",
			benefits: []string{"Meaningful equity", "Health insurance fully paid", "Conference travel for everyone who presents", "Four-week sabbatical after four years"},
			places:   []place{sanFrancisco, munich, paris},
		},
		{
			name: "Kestrelbyte", board: "kestrelbyte", kind: "lever", product: "fraud detection", remote: "remote",
			about:    "Kestrelbyte stops payment fraud without stopping customers. We score two billion transactions a month, explain every refusal, and hand the evidence to people who decide. The company has been remote since its first day.",
			benefits: []string{"Work from anywhere in your time zone", "Two company gatherings a year", "Equipment of your choice", "Private medical insurance"},
			places:   []place{london, berlin, newYork},
		},
		{
			name: "Tern & Tallow", board: "ternandtallow", kind: "lever", product: "recommendations for independent shops", remote: "hybrid",
			about:    "Tern & Tallow brings independent shops together. Two million people find candles, books and bicycles with us because our recommendations know the shelf and not only the click. We measure success by how many shops renew.",
			benefits: []string{"Shop vouchers every month", "Pension contribution of 6%", "Mental health support", "Stock options"},
			places:   []place{london, paris, amsterdam},
		},
		{
			name: "Hollowpine", board: "hollowpine", kind: "lever", product: "satellite imagery of forests", remote: "hybrid",
			about:    "Hollowpine counts trees from space. Foresters, insurers and three ministries use our maps to see storms, beetles and illegal logging within a day. We are a small team with a large archive: 14 petabytes and growing.",
			benefits: []string{"30 days of leave and every fifth Friday off", "Field trips with foresters", "Employee ownership", "Public transport ticket"},
			places:   []place{berlin, munich, dublin},
		},
	}
}

func onAshby() []employer {
	return []employer{
		{
			name: "Pebbletrail", board: "pebbletrail", kind: "ashby", product: "AI agents for customer support", remote: "Hybrid",
			about:    "Pebbletrail builds agents that answer support tickets end to end, and say so when they cannot. Retailers and banks in nine countries trust them with refunds because every action can be replayed and audited. We grew from 20 to 90 people last year.",
			benefits: []string{"Top-of-market equity", "Health cover for you and your dependants", "Weekly team dinners", "Relocation and visa support"},
			places:   []place{sanFrancisco, newYork, berlin},
		},
		{
			name: "Zephyrlock", board: "zephyrlock", kind: "ashby", product: "privacy tooling", remote: "Remote",
			about:    "Zephyrlock finds personal data before it leaks. Our scanners and models read code, logs and warehouses, and tell teams what to delete. Engineers like us because we are quiet when there is nothing to say.",
			benefits: []string{"Remote first with an office budget", "Unlimited books", "Equity", "Private pension"},
			places:   []place{dublin, london, austin},
		},
		{
			name: "Cindermap", board: "cindermap", kind: "ashby", product: "wildfire prediction", remote: "Hybrid",
			about:    "Cindermap predicts where wildfire goes next. Fire services open our map before they open the hangar. We combine weather, fuel and satellite models, and we are honest about uncertainty because people stand at the edge of it.",
			benefits: []string{"Generous leave outside the fire season", "Health, dental and vision insurance", "401(k) match", "Volunteer days with fire services"},
			places:   []place{sanFrancisco, austin, seattle},
		},
		{
			name: "Orlbeck Speech", board: "orlbeck-speech", kind: "ashby", product: "speech models for small languages", remote: "Hybrid",
			about:    "Orlbeck Speech gives small languages a voice. Our recognition and synthesis models run on a phone, in 70 languages, 40 of which nobody else supports. Communities own their recordings; we earn our living from broadcasters and dictionaries.",
			benefits: []string{"35 days of leave", "Language courses", "Employee share plan", "Lunch vouchers"},
			places:   []place{paris, berlin, london},
		},
	}
}
