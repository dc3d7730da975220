// Package judge puts planted markets straight into a store, asks the history questions and says
// whether the answers are the planted truth. The rows are those that the pipeline would have written
// after crawls at the same moments: store.Write folds the spells, store.Refresh builds the rollups, so
// that every guard of the answer is the product's own. The proof of planted markets and its small
// version in CI call it.
package judge

import (
	"fmt"
	"strconv"
	"time"

	"github.com/rolescope/rolescope/internal/planted"
	"github.com/rolescope/rolescope/posting"
)

// roles are the ids of a market's roles, before its name.
var roles = [...]string{
	planted.RoleA: "ml_engineer", planted.RoleB: "research_engineer", planted.RoleC: "data_scientist", planted.RoleD: "software_engineer",
}

// Role is a role's id in one market: questions are asked by role, so that many markets fit into one store.
func Role(m *planted.Market, role int) string { return roles[role] + "@" + Source(m) }

// Tagger is the version of tags that were never read from a text.
const Tagger = "planted"

// Start is the first crawl.
var Start = time.Date(2024, 1, 1, 6, 0, 0, 0, time.UTC)

// End is after the last month.
var End = Start.AddDate(0, planted.Months, 0).Truncate(24 * time.Hour)

// Source keeps markets in one store apart.
func Source(m *planted.Market) string {
	return fmt.Sprintf("%s-%d-%d-%d", m.Scenario, m.Spec.Employers, int(1000*m.Rate), m.Seed)
}

// crawlTime is the 1st or the 16th of a month.
func crawlTime(crawl int) time.Time {
	return Start.AddDate(0, crawl/planted.CrawlsPerMonth, 15*(crawl%planted.CrawlsPerMonth))
}

// Rows are what the pipeline would have sent to store.Write: postings, then runs.
func Rows(m *planted.Market) []any {
	var out []any
	source := Source(m)
	listings := make([][planted.Crawls][]posting.Listed, len(m.Employers))
	for i, v := range m.Vacancies {
		for copy := range v.Copies {
			p := advert(m, source, i, copy)
			out = append(out, p)
			for crawl := v.First; crawl < v.Missed; crawl++ {
				l := &listings[v.Employer][crawl]
				*l = append(*l, posting.Listed{ExternalID: p.ExternalID, ContentHash: p.ContentHash})
			}
		}
	}
	for i, e := range m.Employers {
		always := evergreen(source, e)
		out = append(out, always)
		for crawl := e.Joins; crawl < planted.Crawls; crawl++ {
			at := crawlTime(crawl)
			run := posting.NewRun(source, board(source, e), e.Name, posting.ProofFull, at, at)
			run.Outcome, run.Complete, run.Listing = posting.OutcomeOK, true, append(listings[i][crawl], posting.Listed{ExternalID: always.ExternalID, ContentHash: always.ContentHash})
			run.Fetched, run.Expected = len(run.Listing), len(run.Listing)
			for _, part := range run.Split() {
				out = append(out, part)
			}
		}
	}
	return out
}

func board(source string, e planted.Employer) string { return source + "/" + e.Name }

// advert is one copy of a vacancy's advert.
func advert(m *planted.Market, source string, vacancy, copy int) posting.Posting {
	v := m.Vacancies[vacancy]
	e := m.Employers[v.Employer]
	at := crawlTime(v.First)
	name := source + "/" + strconv.Itoa(vacancy)
	p := posting.Posting{
		Source: source, Board: board(source, e), ExternalID: fmt.Sprintf("%d-%d", vacancy, copy), ContentHash: name,
		ObservedAt: at, TaggerVersion: Tagger, Company: source + " " + e.Name, CompanyKey: source + " " + e.Name,
		Title: roles[v.Role], TitleNormalised: roles[v.Role], RoleTitle: Role(m, v.Role), RoleText: Role(m, v.Role),
		VacancyID: posting.VacancyID(e.Name, roles[v.Role], name),
	}
	identify(&p)
	mention := func(skill int, section, paragraph string) {
		p.Skills = append(p.Skills, posting.Skill{ID: Skill(skill), Kind: "tool", Field: "description", Section: section, ParagraphHash: paragraph})
	}
	for _, s := range v.Skills {
		mention(s, "requirements", name)
	}
	if v.Paragraph {
		for _, s := range planted.ParagraphSkills() {
			mention(s, "about", source+"/"+e.Name)
		}
	}
	return p
}

// evergreen is an advert that stands on a board all the time, for a role that nobody asks about: no board
// is ever empty, which would be another story.
func evergreen(source string, e planted.Employer) posting.Posting {
	p := posting.Posting{
		Source: source, Board: board(source, e), ExternalID: "evergreen", ContentHash: source + "/" + e.Name,
		ObservedAt: crawlTime(e.Joins), TaggerVersion: Tagger, Company: source + " " + e.Name, CompanyKey: source + " " + e.Name,
		Title: "talent pool", TitleNormalised: "talent pool", RoleTitle: "people", RoleText: "people",
		VacancyID: posting.VacancyID(e.Name, "people", source),
	}
	identify(&p)
	return p
}

func identify(p *posting.Posting) {
	p.PostingID = posting.ID(p.Source, p.Board, p.ExternalID)
	p.RawID = posting.RawID(p.PostingID, p.ContentHash, "1")
	p.ID = posting.TagID(p.RawID, Tagger)
}

// Skill is the id of a skill.
func Skill(i int) string { return fmt.Sprintf("skill_%03d", i) }
