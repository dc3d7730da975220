package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/rolescope/rolescope/trend"
)

// pageRows is how many postings a page lists.
const pageRows = 50

// postingsData is what the list of postings shows.
type postingsData struct {
	Role, Skill, Company, Words string
	Open                        bool
	Roles                       []trend.RoleCount
	Answer                      trend.PostingsAnswer
	First, Last                 int // numbers of the rows shown, from 1
	Newer, Older                string
}

// postingsQuestion reads the list's parameters.
func postingsQuestion(r *http.Request) (question trend.PostingsQuestion, err error) {
	question.Rows = pageRows
	for name, field := range map[string]*string{"role": &question.Role, "skill": &question.Skill, "company": &question.Company, "q": &question.Words} {
		if *field, err = value(r, name); err != nil {
			return question, err
		}
		*field = strings.TrimSpace(*field)
	}
	open, err := value(r, "open")
	if err != nil {
		return question, err
	}
	question.Open = open != "" && open != "0"
	question.Page, err = number(r, "page", 1, trend.PagesMax)
	return question, err
}

func (s *server) postings(ctx context.Context, r *http.Request) (view, error) {
	question, err := postingsQuestion(r)
	if err != nil {
		return view{}, err
	}
	names, skills, err := s.names(ctx)
	if err != nil {
		return view{}, err
	}
	d := postingsData{Role: question.Role, Skill: question.Skill, Company: question.Company, Words: question.Words, Open: question.Open, Roles: names.Roles}
	if question.Skill != "" {
		question.Skill = skillID(skills, question.Skill)
		d.Skill = named(skills, question.Skill).Label
	}
	if d.Answer, err = trend.Postings(ctx, s.Querier, question); err != nil {
		return view{}, err
	}
	if rows := len(d.Answer.Rows); rows > 0 {
		d.First = (question.Page-1)*pageRows + 1
		d.Last = d.First + rows - 1
		if uint64(d.Last) < d.Answer.Total && question.Page < trend.PagesMax {
			d.Older = d.address(question.Page + 1)
		}
	}
	if question.Page > 1 {
		d.Newer = d.address(question.Page - 1)
	}
	return view{"postings", "Postings", d}, nil
}

// address is that of another page of the same list.
func (d postingsData) address(page int) string {
	v := url.Values{}
	for name, text := range map[string]string{"role": d.Role, "skill": d.Skill, "company": d.Company, "q": d.Words} {
		if text != "" {
			v.Set(name, text)
		}
	}
	if d.Open {
		v.Set("open", "1")
	}
	v.Set("page", strconv.Itoa(page))
	return "/postings?" + v.Encode()
}

// postingData is what one posting's page shows.
type postingData struct {
	trend.PostingAnswer
	TitlePieces []segment
	TextLines   []line
	Families    []struct{ Class, Text string }
	Places, Pay []string
	Link        string // to the advert; empty unless it is a web address
	Skills      []trend.SkillCount
}

func (s *server) posting(ctx context.Context, r *http.Request) (view, error) {
	id := r.PathValue("id")
	if !isPostingID(id) {
		return view{}, notFound{"A posting's id has 32 digits and letters from a to f."}
	}
	answer, err := trend.Posting(ctx, s.Querier, id)
	if errors.Is(err, trend.ErrNoPosting) {
		return view{}, notFound{"There is no posting of that id, or no run has listed it yet."}
	}
	if err != nil {
		return view{}, err
	}
	d := postingData{PostingAnswer: answer, Families: kindFamilies(), Link: webAddress(answer.URL)}
	fields := map[string][]trend.Mention{}
	seen := map[string]bool{}
	for _, m := range answer.Mentions {
		fields[m.Field] = append(fields[m.Field], m)
		if !m.Unlisted && !seen[m.Skill] {
			seen[m.Skill] = true
			d.Skills = append(d.Skills, trend.SkillCount{Skill: m.Skill, Label: m.Label, Kind: kindFamily(m.Kind)})
		}
	}
	d.TitlePieces = segments(answer.Title, fields["title"])
	if answer.Text != "" {
		d.TextLines = lines(segments(answer.Text, fields["description"]))
	}
	d.Places, d.Pay = places(answer.PostingFields), pay(answer.PostingFields)
	return view{"posting", short(shownMax, answer.Title), d}, nil
}

func isPostingID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

// webAddress is the advert's address if it is one that a browser may safely open, else nothing.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// places writes each place as read, and as stated where that says more.
func places(p trend.PostingFields) []string {
	var out []string
	for i, text := range p.PlaceTexts {
		var parts []string
		for _, part := range []string{p.PlaceCities[i], p.PlaceRegions[i], p.PlaceCountries[i]} {
			if part != "" {
				parts = append(parts, part)
			}
		}
		if p.PlaceRemotes[i] {
			parts = append(parts, "remote")
		}
		read := strings.Join(parts, ", ")
		if read == "" {
			read = text
		}
		if read != "" {
			out = append(out, short(shownMax, read))
		}
	}
	return out
}

// pay writes each pay range as read, with its own words.
func pay(p trend.PostingFields) []string {
	var out []string
	for i, text := range p.PayTexts {
		low, high := p.PayMins[i], p.PayMaxs[i]
		amount := low + " to " + high
		switch {
		case low == "0":
			amount = "up to " + high
		case high == "0":
			amount = "from " + low
		case low == high:
			amount = low
		}
		line := amount + " " + p.PayCurrencies[i] + " per " + p.PayPeriods[i]
		if text != "" {
			line += " (“" + short(shownMax, text) + "”)"
		}
		out = append(out, line)
	}
	return out
}
