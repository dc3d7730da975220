package main

import "time"

type corpusFacts struct {
	Name    string `json:"name"`
	Command string `json:"command"`
	Import  struct {
		Boards    int `json:"boards"`
		Runs      int `json:"runs"`
		Listed    int `json:"listed"`
		Published int `json:"published"`
		Rejected  int `json:"rejected"`
	} `json:"import"`
	Store storeFacts `json:"store"`
}

type storeFacts struct {
	Postings      int    `json:"postings"`
	Vacancies     int    `json:"vacancies"`
	TaggerVersion string `json:"tagger_version"`
	RecordedUntil string `json:"recorded_until"`
	SeenFrom      string `json:"seen_from"`
	SeenUntil     string `json:"seen_until"`
}

type yearPosts struct {
	Year    int `json:"year"`
	Posts   int `json:"posts"`
	Several int `json:"several"`
	Without int `json:"without"`
}

type yearRole struct {
	Year      int    `json:"year"`
	Role      string `json:"role"`
	Vacancies int    `json:"vacancies"`
	Employers int    `json:"employers"`
	Unnamed   int    `json:"unnamed"`
}

type concentration struct {
	Role      string `json:"role"`
	Vacancies int    `json:"vacancies"`
	Employers int    `json:"employers"`
	Largest   int    `json:"largest"`
	Effective int    `json:"effective"`
}

type mix struct {
	Company   string `json:"company"`
	Role      string `json:"role"`
	Vacancies int    `json:"vacancies"`
}

type closed struct {
	Month     string `json:"month"`
	Role      string `json:"role"`
	Vacancies int    `json:"vacancies"`
}

type emptied struct {
	Board     string `json:"board"`
	Since     string `json:"since"`
	EmptyRuns int    `json:"empty_runs"`
	Most      int    `json:"most"`
}

// asked is what all history questions say of themselves.
type asked struct {
	TaggerVersion string    `json:"tagger_version"`
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
	Headline      string    `json:"headline,omitempty"`
	Guards        struct {
		Basis        string `json:"basis"`
		Vacancies    int    `json:"vacancies"`
		Postings     int    `json:"postings"`
		SeveralRoles int    `json:"several_roles"`
		WithoutRole  int    `json:"without_role"`
		Censored     int    `json:"censored"`
		Mentions     int    `json:"mentions"`
		Boilerplate  int    `json:"boilerplate"`
		Panel        struct {
			Applied bool   `json:"applied"`
			Why     string `json:"why,omitempty"`
			Healthy int    `json:"healthy"`
			Boards  int    `json:"boards"`
		} `json:"panel"`
		Partial    []time.Time  `json:"partial,omitempty"`
		Suppressed []suppressed `json:"suppressed,omitempty"`
	} `json:"guards"`
}

type suppressed struct {
	What      string `json:"what"`
	Vacancies int    `json:"vacancies"`
	Employers int    `json:"employers"`
	Why       string `json:"why"`
}

type estimate struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

type volume struct {
	asked
	Rows []struct {
		Period  time.Time `json:"period"`
		Group   string    `json:"group"`
		Active  int       `json:"active"`
		New     int       `json:"new"`
		Partial bool      `json:"partial"`
	} `json:"rows"`
}

type changed struct {
	asked
	Roles []struct {
		Role            string   `json:"role"`
		BeforeVacancies int      `json:"before_vacancies"`
		BeforeEmployers int      `json:"before_employers"`
		AfterVacancies  int      `json:"after_vacancies"`
		AfterEmployers  int      `json:"after_employers"`
		Total           *float64 `json:"total"`
		New             *float64 `json:"new"`
		Vanished        *float64 `json:"vanished"`
		Intensity       *float64 `json:"intensity"`
		Noise           *float64 `json:"noise"`
		Excess          estimate `json:"excess"`
		Skills          []struct {
			Skill  string   `json:"skill"`
			Before float64  `json:"before"`
			After  float64  `json:"after"`
			Change estimate `json:"change"`
		} `json:"skills"`
	} `json:"roles"`
}

type similar struct {
	asked
	Pairs []pair `json:"pairs"`
}

type pair struct {
	RoleA      string   `json:"role_a"`
	RoleB      string   `json:"role_b"`
	VacanciesA int      `json:"vacancies_a"`
	VacanciesB int      `json:"vacancies_b"`
	EmployersA int      `json:"employers_a"`
	EmployersB int      `json:"employers_b"`
	Cosine     estimate `json:"cosine"`
	JaccardAt  *struct {
		N        int     `json:"n"`
		Pair     float64 `json:"pair"`
		SelfA    float64 `json:"self_a"`
		SelfB    float64 `json:"self_b"`
		Relative float64 `json:"relative"`
	} `json:"weighted_jaccard_at"`
	Divergence *float64 `json:"divergence"`
	SetJaccard *float64 `json:"set_jaccard"`
	Overlap    *float64 `json:"overlap"`
	Parts      []struct {
		Skill  string  `json:"skill"`
		Part   float64 `json:"part"`
		ShareA float64 `json:"share_a"`
		ShareB float64 `json:"share_b"`
	} `json:"parts"`
}

type slope struct {
	asked
	RoleA         string   `json:"role_a"`
	RoleB         string   `json:"role_b"`
	VacanciesA    int      `json:"vacancies_a"`
	VacanciesB    int      `json:"vacancies_b"`
	EmployersA    int      `json:"employers_a"`
	EmployersB    int      `json:"employers_b"`
	Total         estimate `json:"total"`
	Within        estimate `json:"within"`
	Between       estimate `json:"between"`
	Undefined     string   `json:"undefined,omitempty"`
	FalsifierNote string   `json:"falsifier_note,omitempty"`
	Falsifier     *struct {
		Observed     float64 `json:"observed"`
		Permuted     float64 `json:"permuted"`
		Ratio        float64 `json:"ratio"`
		P            float64 `json:"p"`
		Permutations int     `json:"permutations"`
		Seed         uint64  `json:"seed"`
	} `json:"falsifier"`
}

type shares struct {
	asked
	Rows []struct {
		Role       string   `json:"role"`
		Skill      string   `json:"skill"`
		Mentioning int      `json:"mentioning"`
		Vacancies  int      `json:"vacancies"`
		Employers  int      `json:"employers"`
		Share      estimate `json:"share"`
		Rank       int      `json:"rank"`
	} `json:"rows"`
}

type continuum struct {
	asked
	Roles []struct {
		Role      string   `json:"role"`
		Vacancies int      `json:"vacancies"`
		Employers int      `json:"employers"`
		Position  estimate `json:"position"`
		Track     estimate `json:"track"`
		Placed    int      `json:"placed"`
	} `json:"roles"`
}

type salary struct {
	asked
	Currency string `json:"currency"`
	OtherPay int    `json:"other_pay"`
	Rows     []struct {
		Role      string   `json:"role"`
		Vacancies int      `json:"vacancies"`
		Stating   int      `json:"stating"`
		StatesPay estimate `json:"states_pay"`
		N         int      `json:"n"`
		Employers int      `json:"employers"`
		Quantiles []struct {
			Q     float64  `json:"q"`
			Value *float64 `json:"value"`
			Low   *float64 `json:"low"`
			High  *float64 `json:"high"`
		} `json:"quantiles"`
	} `json:"rows"`
}

type lifetimes struct {
	asked
	LeftOut map[string]int `json:"left_out"`
	Roles   []struct {
		Role      string   `json:"role"`
		Vacancies int      `json:"vacancies"`
		Closed    int      `json:"closed"`
		Censored  int      `json:"censored"`
		Employers int      `json:"employers"`
		Median    estimate `json:"median_days"`
		At        []struct {
			Day    int      `json:"day"`
			AtRisk int      `json:"at_risk"`
			Open   estimate `json:"open"`
		} `json:"open_after"`
	} `json:"roles"`
}
