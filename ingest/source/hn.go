package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rolescope/rolescope/posting"
)

// HackerNews reads the monthly threads "Who is hiring?" of Hacker News. A posting is a comment on
// the thread itself; replies belong to applicants and are not read. It takes a thread as Algolia's
// tree (hn.algolia.com/api/v1/items/{id}), as Firebase's items ({"comments":[...]}, an array, or
// one), and single posts {"id","thread","time","text"}.
//
// A post stands for itself: its time is its own. The author's name is dropped.
type HackerNews struct{}

// hnBoard is the only board: ids are unique over all threads, so a thread is no board of its own.
const hnBoard = "whoishiring"

// Kind implements Source.
func (HackerNews) Kind() string { return "hn" }

// Proof implements Source: each post stands alone.
func (HackerNews) Proof() posting.Proof { return posting.ProofEvent }

// Plan implements Crawler.
func (HackerNews) Plan() Plan { return Plan{} }

// Request implements Crawler: the threads of their author, the newest first.
func (HackerNews) Request(site Site, _ int) (Request, error) {
	if site.Board != hnBoard {
		return Request{}, fmt.Errorf("board %q: the only one is %s", site.Board, hnBoard)
	}
	return site.get("https://hn.algolia.com", "/api/v1/search_by_date?tags=story,author_whoishiring&query=hiring")
}

// hiringTitle tells the thread from its author's others, "Who wants to be hired?" and "Freelancer?".
var hiringTitle = regexp.MustCompile(`(?i)\bwho(?:'|’|&#x27;)?s?\s+(?:is\s+)?hiring\b`)

// Follow implements Follower: the newest thread.
func (h HackerNews) Follow(site Site, payload []byte) (Request, error) {
	payload, err := check(h.Kind(), payload)
	if err != nil {
		return Request{}, err
	}
	var found struct {
		Hits []struct {
			ID    string `json:"objectID"`
			Title string `json:"title"`
		} `json:"hits"`
	}
	if err := json.Unmarshal(payload, &found); err != nil || found.Hits == nil {
		return Request{}, fmt.Errorf(`read %s payload: want an object whose field "hits" is the list of threads`, h.Kind())
	}
	for _, hit := range found.Hits {
		if n, err := strconv.ParseUint(hit.ID, 10, 63); err == nil && hiringTitle.MatchString(hit.Title) {
			return site.get("https://hn.algolia.com", "/api/v1/items/"+strconv.FormatUint(n, 10))
		}
	}
	return Request{}, fmt.Errorf("read %s payload: none of the %d threads found asks who is hiring", h.Kind(), len(found.Hits))
}

// Parse implements Source.
func (h HackerNews) Parse(payload []byte) (Board, error) {
	clean, err := check(h.Kind(), payload)
	if err != nil {
		return Board{}, err
	}
	posts, whole, err := h.posts(clean)
	if err != nil {
		return Board{}, err
	}
	ids := parentIDs(posts)
	for i, raw := range posts {
		posts[i] = withoutPeople(raw)
	}
	b := collect(posts, payload, readHackerNews(ids))
	b.Complete = whole && b.Identified()
	return b, nil
}

// posts cuts a payload into comments. whole says that it is a thread with all of them.
func (h HackerNews) posts(payload []byte) (posts []json.RawMessage, whole bool, err error) {
	if payload[0] == '[' {
		_, posts, _, err = split(h.Kind(), "", payload)
		return posts, false, err
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(payload, &top); err != nil {
		return nil, false, jsonError(h.Kind(), err, len(payload))
	}
	_, isThread := top["children"]
	isThread = isThread && (top["title"] != nil && string(top["title"]) != "null" || string(top["type"]) == `"story"`)
	if isThread {
		var title string
		_ = json.Unmarshal(top["title"], &title) // none is none of ours
		if !hiringTitle.MatchString(title) {
			return nil, false, fmt.Errorf("read %s payload: the thread %q does not ask who is hiring", h.Kind(), headOf([]byte(title), 80))
		}
		_, posts, _, err = split(h.Kind(), "children", payload)
		return posts, err == nil, err
	}
	if string(top["type"]) == `"story"` {
		return nil, false, fmt.Errorf("read %s payload: a thread without its comments", h.Kind())
	}
	_, posts, _, err = split(h.Kind(), "comments", payload)
	return posts, false, err
}

// parentIDs are the ids of the comments given: a comment on one of them is a reply.
func parentIDs(posts []json.RawMessage) map[string]bool {
	ids := map[string]bool{}
	for _, raw := range posts {
		var item struct {
			ID json.RawMessage `json:"id"`
		}
		if json.Unmarshal(raw, &item) == nil {
			ids[string(bytes.Trim(item.ID, `"`))] = true
		}
	}
	return ids
}

// withoutPeople returns a comment without its author and its replies, and with its text masked, so
// that not even a rejected one keeps them. What is no object is left for collect to reject.
func withoutPeople(raw json.RawMessage) json.RawMessage {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return raw
	}
	for _, key := range []string{"author", "by", "children", "kids"} {
		delete(fields, key)
	}
	var text string
	if json.Unmarshal(fields["text"], &text) == nil && text != "" {
		fields["text"] = marshal(maskSpelled(text))
	}
	return marshal(fields)
}

func readHackerNews(ids map[string]bool) readOne {
	return func(o *object) (posting.Record, string) {
		rec := posting.Record{ExternalID: o.id("id")}
		rec.PostedAt = o.seconds("time")
		if rec.PostedAt.IsZero() {
			rec.PostedAt = o.seconds("created_at_i")
		}
		thread := ""
		for _, key := range []string{"thread", "parent", "parent_id"} {
			if s := o.scalar(key); s != "" {
				thread = s
			}
		}
		deleted, dead := o.flag("deleted"), o.flag("dead")
		text := o.html("text")
		// Nothing else of a comment is the posting's: its author, its replies, its points.
		o.fields, o.children = map[string]json.RawMessage{}, nil
		switch {
		case deleted != nil && *deleted:
			return rec, "deleted"
		case dead != nil && *dead:
			return rec, "dead"
		case ids[thread]:
			return rec, "a reply"
		case strings.TrimSpace(text) == "" && o.root.err == nil:
			o.root.err = errors.New("post without a text")
		case rec.PostedAt.IsZero() && o.root.err == nil:
			o.root.err = errors.New("post without a time")
		}
		if thread != "" {
			o.fields["thread"] = marshal(thread)
		}
		rec.Description = text
		rec.URL = "https://news.ycombinator.com/item?id=" + rec.ExternalID
		readHeader(&rec, headerLine(text))
		return rec, ""
	}
}

// headerBytesMax is how much of a post without a header line serves as its title.
const headerBytesMax = 300

var (
	firstBreak = regexp.MustCompile(`(?i)<p>|<br\s*/?>|\n`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
	anyAddress = regexp.MustCompile(`(?i)\(?\bhttps?://\S+`)
)

// headerLine is the first line of a post that says something beside addresses of pages, as plain
// text without those; a post of nothing but addresses has the first of them.
func headerLine(text string) string {
	for _, line := range firstBreak.Split(text, headerLinesMax) {
		if said := plainLine(anyAddress.ReplaceAllString(html.UnescapeString(anyTag.ReplaceAllString(line, "")), " ")); said != "" {
			return said
		}
	}
	return plainLine(html.UnescapeString(anyTag.ReplaceAllString(text, " ")))
}

// headerLinesMax is how many lines of addresses may stand before the first with words.
const headerLinesMax = 10

func plainLine(line string) string {
	line = headOf([]byte(strings.Join(strings.Fields(cleanText(line)), " ")), headerBytesMax)
	return strings.Trim(mask(maskSpelled(line)), " |")
}

var (
	workWord   = regexp.MustCompile(`(?i)\b(?:remote|on-?site|hybrid|in-?office)\b`)
	termWord   = regexp.MustCompile(`(?i)\b(?:full[ -]?time|part[ -]?time|contract|interns?|internships?|freelance|permanent)\b`)
	payWord    = regexp.MustCompile(`(?i)[$€£]\s?\d|\d\s?k\b|\bequity\b|\bsalary\b|\busd\b|\beur\b`)
	roleWord   = regexp.MustCompile(`(?i)\b(?:engineer\w*|developer\w*|dev|devops|sre|scientist\w*|designer\w*|manager\w*|architect\w*|analyst\w*|lead|head|director|programmer\w*|researcher\w*|administrator\w*|positions?|roles?|hiring|software|backend|back-end|frontend|front-end|full[ -]?stack|product|data|marketing|sales|cto|vp|multiple|various|several|visa)\b`)
	placeShape = regexp.MustCompile(`^[^@]*\pL{2}[^@]*$`)
	bareHost   = regexp.MustCompile(`^\S+\.\pL{2,}\S*$`)
)

// readHeader reads "Company | Role | Place | REMOTE | ..." by its conventions. The line itself is the
// title, with all its roles; a line without bars is nothing more.
func readHeader(rec *posting.Record, line string) {
	rec.Title = line
	parts := strings.Split(line, "|")
	if len(parts) < 2 {
		return
	}
	rec.Company = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(parts[0]), "-–—,(: "))
	for _, part := range parts[1:] {
		part = strings.TrimSpace(part)
		work := workWord.FindString(part)
		if work != "" && rec.Workplace == "" {
			rec.Workplace = work
		}
		if term := termWord.FindString(part); term != "" && rec.Employment == "" {
			rec.Employment = term
		}
		if payWord.MatchString(part) && !roleWord.MatchString(part) && len(rec.Pay) == 0 && strings.ContainsAny(part, "0123456789") {
			rec.Pay = []posting.Pay{{Text: part}}
			continue
		}
		if placeShape.MatchString(part) && len(part) <= 80 && len(rec.Places) == 0 &&
			!roleWord.MatchString(part) && !termWord.MatchString(part) && !payWord.MatchString(part) && !bareHost.MatchString(part) &&
			!strings.Contains(part, emailToken) && !slices.Contains([]string{"remote", "onsite", "on-site", "hybrid"}, strings.ToLower(part)) {
			rec.Places = []posting.Place{{Text: part}}
		}
	}
}
