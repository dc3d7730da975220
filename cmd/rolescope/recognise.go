package main

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rolescope/rolescope/ingest/source"
)

// recognised is the board behind an address.
type recognised struct{ Kind, Board, BaseURL string }

// Name is the board as the command line writes it.
func (r recognised) Name() string { return r.Kind + "/" + r.Board }

// recogniseBoard tells the board from the address of a career page, of one of its postings or of its
// API, without asking anybody. It reports false for addresses of no known kind, such as an employer's
// own domain.
func recogniseBoard(address string) (recognised, bool) {
	address = strings.TrimSpace(address)
	switch {
	case strings.HasPrefix(address, "//"): // as pages embed them
		address = "https:" + address
	case !strings.Contains(address, "://"):
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return recognised{}, false
	}
	host := strings.ToLower(u.Hostname())
	var path []string
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if part != "" {
			path = append(path, unescaped(part))
		}
	}
	for _, by := range []func(string, []string, url.Values) (recognised, bool){
		recogniseGreenhouse, recogniseLever, recogniseAshby, recogniseWorkday, recogniseSmartRecruiters,
		recogniseHosted, recogniseHackerNews,
	} {
		if r, ok := by(host, path, u.Query()); ok && plausible(r) {
			return r, true
		}
	}
	return recognised{}, false
}

// vendorsOwn is what stands at a vendor's host where a board's name would, and is none.
var vendorsOwn = regexp.MustCompile(`(?i)^(embed|assets|static|js|css|images|api|v[0-9]+|my-applications|sitemaps?|\.well-known|.*\.(txt|xml|ico|js|css|png|svg|json|webmanifest))$`)

// plausible leaves out vendors' own paths, and what the kind would not take for a board.
func plausible(r recognised) bool {
	if r.Board == "" || vendorsOwn.MatchString(r.Board) {
		return false
	}
	crawler, err := source.CrawlerByKind(r.Kind)
	if err != nil {
		return false
	}
	_, err = question(crawler, source.Site{Board: r.Board, BaseURL: r.BaseURL})
	return err == nil
}

// after is the element behind the given ones, which may be anywhere in the path.
func after(path []string, words ...string) string {
	for i := 0; i+len(words) < len(path); i++ {
		if slices.Equal(path[i:i+len(words)], words) {
			return path[i+len(words)]
		}
	}
	return ""
}

func at(path []string, i int) string {
	if i < len(path) {
		return path[i]
	}
	return ""
}

func recogniseGreenhouse(host string, path []string, query url.Values) (recognised, bool) {
	if plain, isEU := strings.CutSuffix(host, ".eu.greenhouse.io"); isEU {
		r, ok := recogniseGreenhouse(plain+".greenhouse.io", path, query)
		r.BaseURL = "https://boards-api.eu.greenhouse.io" // as its users say: it is not documented
		return r, ok
	}
	switch host {
	case "boards.greenhouse.io", "job-boards.greenhouse.io":
		if at(path, 0) == "embed" {
			return recognised{Kind: "greenhouse", Board: query.Get("for")}, true
		}
		return recognised{Kind: "greenhouse", Board: at(path, 0)}, true
	case "boards-api.greenhouse.io", "api.greenhouse.io":
		return recognised{Kind: "greenhouse", Board: after(path, "boards")}, true
	}
	return recognised{}, false
}

func recogniseLever(host string, path []string, _ url.Values) (recognised, bool) {
	switch host {
	case "jobs.lever.co":
		return recognised{Kind: "lever", Board: at(path, 0)}, true
	case "jobs.eu.lever.co":
		return recognised{Kind: "lever", Board: at(path, 0), BaseURL: "https://api.eu.lever.co"}, true
	case "api.lever.co":
		return recognised{Kind: "lever", Board: after(path, "postings")}, true
	case "api.eu.lever.co":
		return recognised{Kind: "lever", Board: after(path, "postings"), BaseURL: "https://api.eu.lever.co"}, true
	}
	return recognised{}, false
}

func recogniseAshby(host string, path []string, _ url.Values) (recognised, bool) {
	switch host {
	case "jobs.ashbyhq.com":
		return recognised{Kind: "ashby", Board: at(path, 0)}, true
	case "api.ashbyhq.com":
		return recognised{Kind: "ashby", Board: after(path, "job-board")}, true
	}
	return recognised{}, false
}

var (
	workdayHost = regexp.MustCompile(`^([a-z0-9_-]+)\.(wd[0-9]+)\.myworkdayjobs\.com$`)
	workdaySite = regexp.MustCompile(`^(wd[0-9]+)\.myworkdaysite\.com$`)
	locale      = regexp.MustCompile(`^[a-z]{2}(-[A-Za-z]{2,4})?$`)
)

func recogniseWorkday(host string, path []string, _ url.Values) (recognised, bool) {
	if m := workdaySite.FindStringSubmatch(host); m != nil { // wd5.myworkdaysite.com/en-US/recruiting/tenant/Site
		tenant := first(after(path, "recruiting"), after(path, "wday", "cxs"))
		site := first(after(path, "recruiting", tenant), after(path, "wday", "cxs", tenant))
		return recognised{Kind: "workday", Board: tenant + "/" + m[1] + "/" + site, BaseURL: "https://" + host}, tenant != "" && site != ""
	}
	m := workdayHost.FindStringSubmatch(host)
	if m == nil {
		return recognised{}, false
	}
	site := after(path, "wday", "cxs", m[1])
	if site == "" {
		if locale.MatchString(at(path, 0)) {
			path = path[1:]
		}
		site = at(path, 0)
	}
	if site == "" {
		return recognised{}, false
	}
	return recognised{Kind: "workday", Board: m[1] + "/" + m[2] + "/" + site}, true
}

func recogniseSmartRecruiters(host string, path []string, _ url.Values) (recognised, bool) {
	switch host {
	case "careers.smartrecruiters.com", "jobs.smartrecruiters.com":
		if at(path, 0) == "oneclick-ui" { // the form of an application
			return recognised{Kind: "smartrecruiters", Board: after(path, "company")}, true
		}
		return recognised{Kind: "smartrecruiters", Board: at(path, 0)}, true
	case "api.smartrecruiters.com":
		return recognised{Kind: "smartrecruiters", Board: after(path, "companies")}, true
	}
	return recognised{}, false
}

// recogniseHosted knows kinds that give each employer a host.
func recogniseHosted(host string, _ []string, _ url.Values) (recognised, bool) {
	for _, kind := range []struct{ suffix, kind, keep string }{
		{".recruitee.com", "recruitee", ""},
		{".jobs.personio.de", "personio", ""},
		{".jobs.personio.com", "personio", ".jobs.personio.com"},
	} {
		name, ok := strings.CutSuffix(host, kind.suffix)
		if ok && !strings.Contains(name, ".") && !slices.Contains([]string{"www", "api", "app", "support", "docs", "careers"}, name) {
			return recognised{Kind: kind.kind, Board: name + kind.keep}, true
		}
	}
	return recognised{}, false
}

func recogniseHackerNews(host string, path []string, query url.Values) (recognised, bool) {
	isThread := host == "news.ycombinator.com" && at(path, 0) == "item" && query.Get("id") != ""
	isAuthor := host == "news.ycombinator.com" && query.Get("id") == "whoishiring"
	return recognised{Kind: "hn", Board: "whoishiring"}, isThread || isAuthor
}

func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// pageAddresses finds addresses in a page, in attributes, texts and scripts, with or without a scheme.
var pageAddresses = regexp.MustCompile("(?i)(?:https?:)?//[a-z0-9._-]+(?:[/?][^\\s\"'<>\\\\`(){}|]*)?")

// pageEscapes are the ways in which scripts write the marks of an address.
var pageEscapes = strings.NewReplacer(`\/`, "/", `\u002F`, "/", `\u002f`, "/", `\x2F`, "/", `\x2f`, "/",
	`\u003A`, ":", `\u003a`, ":", `\u0026`, "&", `\u003D`, "=", `\u003d`, "=", `\u003F`, "?", `\u003f`, "?")

const (
	// pageBoardsMax is how many different boards of a page are worth telling apart.
	pageBoardsMax = 20
	// pageAddressesMax bounds the work on a page full of addresses.
	pageAddressesMax = 10_000
)

// boardsOfPage finds the boards that a page links to or embeds, each once, in the page's order. Names
// that differ in case alone are one board, the first one written.
func boardsOfPage(page []byte) []recognised {
	var out []recognised
	text := pageEscapes.Replace(html.UnescapeString(string(page)))
	for _, address := range pageAddresses.FindAllString(text, pageAddressesMax) {
		r, ok := recogniseBoard(strings.TrimRight(address, ".,;:!")) // of the sentence it ends
		known := slices.ContainsFunc(out, func(o recognised) bool { return strings.EqualFold(o.Name(), r.Name()) })
		if ok && !known && len(out) < pageBoardsMax {
			out = append(out, r)
		}
	}
	return out
}

// companyOf makes a display name of a board's name.
func companyOf(r recognised) string {
	name, _, _ := strings.Cut(r.Board, "/")
	name, _, _ = strings.Cut(name, ".jobs.personio.")
	words := strings.FieldsFunc(name, func(c rune) bool { return c == '-' || c == '_' || c == ' ' })
	for i, w := range words {
		_, size := utf8.DecodeRuneInString(w)
		words[i] = strings.ToUpper(w[:size]) + w[size:]
	}
	return strings.Join(words, " ")
}

func (r recognised) String() string {
	if r.BaseURL != "" {
		return fmt.Sprintf("%s (%s)", r.Name(), r.BaseURL)
	}
	return r.Name()
}
