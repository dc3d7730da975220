package main

import (
	"errors"
	"fmt"
	"html"
	"strings"

	"github.com/rolescope/rolescope/enrich/unlisted"
)

// wordLine is one sentence whose words have labels B, I or O, as SkillSpan writes its files. Lines
// that follow each other with the same source and number are one document.
type wordLine struct {
	Number        int      `json:"idx"`
	Source        string   `json:"source"`
	Tokens        []string `json:"tokens"`
	KnowledgeTags []string `json:"tags_knowledge"`
	SkillTags     []string `json:"tags_skill"`
}

// wordText gathers the sentences of one document as lines of a text.
type wordText struct {
	document string
	text     strings.Builder
	spanText
}

// words takes a sentence. The document before it, if it is another one, is scored.
func (e *skillEval) words(l wordLine) error {
	if len(l.KnowledgeTags) != len(l.Tokens) || len(l.SkillTags) != len(l.Tokens) && l.SkillTags != nil {
		return fmt.Errorf("it has %d tokens and not as many labels", len(l.Tokens))
	}
	for _, w := range l.Tokens {
		if strings.ContainsAny(w, " \n") || w == "" {
			return errors.New("a token is empty or has a space")
		}
	}
	document := fmt.Sprintf("%s %d", l.Source, l.Number)
	if e.open == nil || e.open.document != document {
		if err := e.closeWords(); err != nil {
			return err
		}
		e.open = &wordText{document: document, spanText: spanText{id: document}}
	}
	e.open.add(l)
	return nil
}

// add writes a sentence as a line, its words between spaces.
func (t *wordText) add(l wordLine) {
	first := len(t.words)
	for i, w := range l.Tokens {
		if i > 0 {
			t.text.WriteByte(' ')
		}
		t.words = append(t.words, [2]int{t.text.Len(), t.text.Len() + len(w)})
		t.text.WriteString(w)
	}
	t.text.WriteByte('\n')
	marks := func(tags []string) (out []spanMark) {
		for _, r := range unlisted.Ranges(tags) {
			out = append(out, spanMark{Start: t.words[first+r.From][0], End: t.words[first+r.To-1][1]})
		}
		return out
	}
	t.marks = append(t.marks, marks(l.KnowledgeTags)...)
	t.doing = append(t.doing, marks(l.SkillTags)...)
}

// closeWords scores the document at hand.
func (e *skillEval) closeWords() error {
	if e.open == nil {
		return nil
	}
	t := e.open.spanText
	t.text = e.open.text.String()
	e.open = nil
	paragraphs := "<p>" + strings.ReplaceAll(html.EscapeString(t.text), "\n", "</p><p>") + "</p>"
	return e.spanText(labelledText{tagInput: tagInput{ID: t.id, Description: paragraphs}}, t)
}
