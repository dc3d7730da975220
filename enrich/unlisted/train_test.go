package unlisted

import (
	"bytes"
	"strings"
	"testing"
)

// invented makes sentences by a simple rule: what stands behind "knows" and "uses" is knowledge, and
// names never seen in training are among the test's.
func invented(names []string, documents int) []Sentence {
	rnd := random(3)
	name := func() string { return names[rnd.below(len(names))] }
	var out []Sentence
	for d := range documents {
		doc := string(rune('a'+d%26)) + strings.Repeat("x", d/26)
		a, b := name(), name()
		for _, tagged := range []string{
			"Who we are :", "We sell " + name() + " to people .", "The team uses [" + a + "] every day .",
			"You know [" + a + " theory] and [" + b + "] .", "We like " + b + " parties .",
		} {
			s := Sentence{Document: doc}
			from := 0
			for w := range strings.FieldsSeq(tagged) {
				if strings.HasPrefix(w, "[") {
					from = len(s.Words)
				}
				s.Words = append(s.Words, strings.Trim(w, "[]"))
				if strings.HasSuffix(w, "]") {
					s.Knowledge = append(s.Knowledge, Range{from, len(s.Words)})
				}
			}
			out = append(out, s)
		}
	}
	return out
}

func inventedTexts() *Counter {
	c := NewCounter()
	for range wordSeenMin {
		for _, s := range []string{"The team uses Zorblat, Quux and Frobnil.", "We know Zorblat, Wibble, Quux."} {
			c.Add(s)
		}
	}
	return c
}

func inventedModel() *Model {
	lists := Lists{Technology: []string{"Wibble", "Quux"}}
	r := DefaultRecipe()
	r.Rate, r.SeenMin = 0.2, 2
	return Train(invented([]string{"Wibble", "Quux", "Zorblat", "Gnarf"}, 30), NewBackground(lists, inventedTexts()), r)
}

func TestTrainingLearns(t *testing.T) {
	t.Parallel()
	m := inventedModel()
	unseen := invented([]string{"Frobnil", "Mumblex", "Hargle"}, 10)
	if s := Evaluate(Gold(unseen, Knowledge), m.Predict(unseen, Knowledge)); s.F1.Value < 0.95 {
		t.Fatalf("F1 on sentences with unseen names is %.2f; the rule was not learnt", s.F1.Value)
	}
	if s := Evaluate(Gold(unseen, Knowledge), m.Predict(unseen, Skill)); s.Predicted != 0 {
		t.Fatalf("%d skills found, though none was in the training sentences", s.Predicted)
	}
}

func TestTrainingGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first, err := inventedModel().Encode()
	if err != nil {
		t.Fatal(err)
	}
	second, err := inventedModel().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Fatal("two trainings on the same sentences gave different models")
	}
	decoded, err := Decode(first)
	if err != nil {
		t.Fatal(err)
	}
	third, err := decoded.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, third) {
		t.Fatal("a model changed by being written and read")
	}
	if bytes.Contains(first, []byte("Zorblat")) {
		t.Fatal("the model holds text")
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	t.Parallel()
	good, err := inventedModel().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"nothing": nil, "no gzip": []byte("model"), "half": good[:len(good)/2],
		"more": append(append([]byte(nil), good...), good...),
	} {
		if _, err := Decode(b); err == nil {
			t.Errorf("%s: read as a model", name)
		}
	}
}

func TestCommasTellListsFromPhrases(t *testing.T) {
	t.Parallel()
	c := NewCounter()
	for range 20 {
		c.Add("Python, Java and deep learning")
	}
	l := newLexicon()
	c.describe(l)
	step := func(a, b string) uint8 {
		s := sentence{words: []word{readWord(a, 0), readWord(b, 0)}}
		l.read(&s)
		return s.words[1].cutBefore
	}
	if list, phrase := step("Python", "Java"), step("deep", "learning"); list <= phrase {
		t.Fatalf("a comma is as likely in a list (step %d) as in a phrase (step %d)", list, phrase)
	}
}
