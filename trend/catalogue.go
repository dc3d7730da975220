package trend

import "context"

// RoleCount is a role that titles state.
type RoleCount struct {
	Role      string `json:"role" ch:"role"`
	Vacancies uint64 `json:"vacancies" ch:"vacancies"`
	Open      uint64 `json:"open" ch:"open_vacancies"`
}

// SkillCount is a skill of the taxonomy that postings mention.
type SkillCount struct {
	Skill     string `json:"skill" ch:"skill"`
	Label     string `json:"label" ch:"label"`
	Kind      string `json:"kind" ch:"kind"`
	Vacancies uint64 `json:"vacancies" ch:"vacancies"`
	Open      uint64 `json:"open" ch:"open_vacancies"`
}

// CatalogueAnswer is what can be asked about, by falling vacancies. Its Audit is that of the skills.
type CatalogueAnswer struct {
	Audit
	Roles  []RoleCount  `json:"roles"`
	Skills []SkillCount `json:"skills"`
}

// Catalogue says which roles and skills there are, as of the store's last refresh if there was one.
func Catalogue(ctx context.Context, q Querier) (CatalogueAnswer, error) {
	a := CatalogueAnswer{Roles: []RoleCount{}, Skills: []SkillCount{}}
	roles, err := refreshed(ctx, q, counted, rolesCounted)
	if err != nil {
		return a, err
	}
	skills, err := refreshed(ctx, q, counted, skillsCounted)
	if err != nil {
		return a, err
	}
	if _, err := run(ctx, q, &a.Roles, "catalogue_roles.sql", map[string]string{}, "{counts}", roles); err != nil {
		return a, err
	}
	a.Audit, err = run(ctx, q, &a.Skills, "catalogue_skills.sql", map[string]string{}, "{counts}", skills)
	return a, err
}
