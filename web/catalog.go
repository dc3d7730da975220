package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// catalogueAge is how long the list of roles and skills may be old where nobody tells whether it is: they change
// with crawls, and every page needs their names.
const catalogueAge = time.Minute

// catalogue remembers for a while which roles and skills there are.
type catalogue struct {
	turn   chan struct{} // holds one value while somebody reads or asks
	read   time.Time
	basis  *basis
	answer trend.CatalogueAnswer
	skills map[string]trend.SkillCount // by id
}

// names is the catalogue, asked anew when it is old.
func (s *server) names(ctx context.Context) (trend.CatalogueAnswer, map[string]trend.SkillCount, error) {
	c := s.catalog
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return trend.CatalogueAnswer{}, nil, ctx.Err()
	}
	page, ok := ctx.Value(basisKey{}).(*basis)
	if !ok {
		ctx, page = s.follow.noting(ctx)
	}
	if s.catalogueOld(page.snapshot) {
		asking, b := page.snapshot.noting(ctx)
		answer, err := trend.Catalogue(asking, s.Querier)
		if err != nil {
			return trend.CatalogueAnswer{}, nil, err
		}
		c.answer, c.read, c.basis, c.skills = answer, s.Now(), b, map[string]trend.SkillCount{}
		for _, k := range answer.Skills {
			c.skills[k.Skill] = k
		}
	}
	page.add(c.basis)
	return c.answer, c.skills, nil
}

// catalogueOld reports whether what is remembered may not be used by a page that begins now. It is called in turn.
func (s *server) catalogueOld(now snapshot) bool {
	c := s.catalog
	if c.skills == nil {
		return true
	}
	if now.states != nil {
		return !c.basis.holds(now)
	}
	age := s.Now().Sub(c.read)
	return age > catalogueAge || age < 0
}

// skillID finds the skill that a reader names by its id or its label, whatever the case.
func skillID(skills map[string]trend.SkillCount, named string) string {
	if _, ok := skills[named]; ok {
		return named
	}
	for id, k := range skills {
		if strings.EqualFold(k.Label, named) || strings.EqualFold(id, named) {
			return id
		}
	}
	return named
}

// skillsData is the index of skills.
type skillsData struct {
	Families []family
	Audit    trend.Audit
	Total    int
}

// family is the skills of one colour.
type family struct {
	Class, Text string
	Skills      []trend.SkillCount
}

func (s *server) skills(ctx context.Context, _ *http.Request) (view, error) {
	answer, _, err := s.names(ctx)
	if err != nil {
		return view{}, err
	}
	d := skillsData{Audit: answer.Audit, Total: len(answer.Skills)}
	for _, f := range kindFamilies() {
		one := family{Class: f.Class, Text: f.Text}
		for _, k := range answer.Skills {
			if kindFamily(k.Kind) == f.Class {
				one.Skills = append(one.Skills, k)
			}
		}
		if len(one.Skills) > 0 {
			d.Families = append(d.Families, one)
		}
	}
	return view{"skills", "Skills", d}, nil
}
