// Command train makes the model of package unlisted from labelled sentences, word lists and adverts
// without labels, measures it and says what each group of features is worth:
//
//	go run ./enrich/unlisted/train -shared ../shared -out enrich/unlisted/model.bin
//	go run ./enrich/unlisted/train -shared ../shared -relist enrich/unlisted/train/listed.tsv -out enrich/unlisted/model.bin
//	go run ./enrich/unlisted/train -shared ../shared -background enrich/unlisted/model.bin -folds 5 -ablate
//
// It only reads the files that developers may read. The same files give the same bytes. rolescope
// itself never calls it.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rolescope/rolescope/enrich/unlisted"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

// options of one call.
type options struct {
	shared, background, out, relist string
	folds                           int
	ablate                          bool
	recipe                          unlisted.Recipe
}

func parse(args []string) (options, error) {
	o := options{recipe: unlisted.DefaultRecipe()}
	f := flag.NewFlagSet("train", flag.ContinueOnError)
	f.StringVar(&o.shared, "shared", "../shared", "folder with data and recorded")
	f.StringVar(&o.background, "background", "", "take word lists and clusters from this model instead of making them anew")
	f.StringVar(&o.out, "out", "", "write the model to this file")
	f.StringVar(&o.relist, "relist", "", "tag the training sentences anew and write the dictionary's finds to this file, which is built in")
	f.IntVar(&o.folds, "folds", 0, "cross-validate on the training sentences, by documents, in so many folds")
	f.BoolVar(&o.ablate, "ablate", false, "measure the model without each group of features in turn")
	f.IntVar(&o.recipe.Epochs, "epochs", o.recipe.Epochs, "passes over the sentences")
	f.Float64Var(&o.recipe.Rate, "rate", o.recipe.Rate, "step of AdaGrad")
	f.Float64Var(&o.recipe.Drop, "drop", o.recipe.Drop, "share of features left out of each step")
	f.Float64Var(&o.recipe.Least[unlisted.Knowledge], "least", o.recipe.Least[unlisted.Knowledge], "probability from which on knowledge is found")
	f.Float64Var(&o.recipe.Least[unlisted.Skill], "least-skill", o.recipe.Least[unlisted.Skill], "probability from which on a skill is found")
	f.IntVar(&o.recipe.SeenMin, "seen", o.recipe.SeenMin, "features seen less often are not learnt")
	f.IntVar(&o.recipe.Bags, "bags", o.recipe.Bags, "trainings with different seeds that are averaged")
	f.Uint64Var(&o.recipe.Seed, "seed", o.recipe.Seed, "of order and of what is left out")
	return o, f.Parse(args)
}

func run(args []string, w io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	train, err := readSentences(filepath.Join(o.shared, "data/skillspan/json/train.json"))
	if err != nil {
		return err
	}
	if o.relist == "" {
		err = listed(train)
	} else if err = listAnew(train); err == nil {
		err = writeListed(o.relist, train)
	}
	if err != nil {
		return err
	}
	dev, err := readSentences(filepath.Join(o.shared, "data/skillspan/json/dev.json"))
	if err != nil {
		return err
	}
	if err := listAnew(dev); err != nil {
		return err
	}
	background, err := o.readBackground(w)
	if err != nil {
		return err
	}
	model := unlisted.Train(train, background, o.recipe)
	file, err := model.Encode()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "model: %d bytes\n", len(file))
	report(w, "dev", dev, model)
	if o.out != "" {
		if err := os.WriteFile(o.out, file, 0o644); err != nil {
			return err
		}
	}
	if o.folds > 0 {
		o.validate(w, "cross-validation", train, background, o.recipe)
	}
	if o.ablate {
		o.ablation(w, train, dev, background)
	}
	return nil
}

func (o *options) readBackground(w io.Writer) (unlisted.Background, error) {
	if o.background != "" {
		b, err := os.ReadFile(o.background)
		if err != nil {
			return unlisted.Background{}, err
		}
		m, err := unlisted.Decode(b)
		if err != nil {
			return unlisted.Background{}, err
		}
		return m.Background(), nil
	}
	lists, err := readLists(o.shared)
	if err != nil {
		return unlisted.Background{}, err
	}
	texts := unlisted.NewCounter()
	if err := corpus(o.shared, texts.Add); err != nil {
		return unlisted.Background{}, err
	}
	fmt.Fprintf(w, "texts without labels: %d words\n", texts.Tokens())
	return unlisted.NewBackground(lists, texts), nil
}

func report(w io.Writer, name string, data []unlisted.Sentence, m *unlisted.Model) {
	for _, k := range []unlisted.Kind{unlisted.Knowledge, unlisted.Skill} {
		printScore(w, name, k, unlisted.Evaluate(unlisted.Gold(data, k), m.Predict(data, k)))
	}
}

func printScore(w io.Writer, name string, k unlisted.Kind, s unlisted.Score) {
	fmt.Fprintf(w, "%-28s %-9s P %s R %s F1 %s\n", name, k, estimate(s.Precision), estimate(s.Recall), estimate(s.F1))
}

func estimate(e unlisted.Estimate) string {
	return fmt.Sprintf("%.3f (%.3f-%.3f)", e.Value, e.Low, e.High)
}

// validate trains on all folds but one and tags that one, in turn.
func (o *options) validate(w io.Writer, name string, data []unlisted.Sentence, b unlisted.Background, r unlisted.Recipe) {
	kinds := []unlisted.Kind{unlisted.Knowledge, unlisted.Skill}
	gold, predicted := make([][][]unlisted.Range, len(kinds)), make([][][]unlisted.Range, len(kinds))
	for fold := range o.folds {
		var rest, held []unlisted.Sentence
		document, last := -1, ""
		for _, s := range data {
			if s.Document != last {
				document, last = document+1, s.Document
			}
			if document%o.folds == fold {
				held = append(held, s)
			} else {
				rest = append(rest, s)
			}
		}
		m := unlisted.Train(rest, b, r)
		for i, k := range kinds {
			gold[i] = append(gold[i], unlisted.Gold(held, k)...)
			predicted[i] = append(predicted[i], m.Predict(held, k)...)
		}
	}
	for i, k := range kinds {
		printScore(w, name, k, unlisted.Evaluate(gold[i], predicted[i]))
	}
}

func (o *options) ablation(w io.Writer, train, dev []unlisted.Sentence, b unlisted.Background) {
	const all = unlisted.WithoutReach<<1 - 1
	for _, a := range []struct {
		name    string
		without unlisted.Without
	}{
		{"without words", unlisted.WithoutWords},
		{"without shapes, affixes", unlisted.WithoutShapes},
		{"without clusters", unlisted.WithoutClusters},
		{"without lists", unlisted.WithoutLists},
		{"without commas", unlisted.WithoutCommas},
		{"without reach, cues", unlisted.WithoutReach},
		{"words and shapes only", all &^ (unlisted.WithoutWords | unlisted.WithoutShapes)},
	} {
		r := o.recipe
		r.Without = a.without
		report(w, "dev "+a.name, dev, unlisted.Train(train, b, r))
		if o.folds > 0 {
			o.validate(w, "folds "+a.name, train, b, r)
		}
	}
	r := o.recipe
	r.Drop = 0
	report(w, "dev without dropout", dev, unlisted.Train(train, b, r))
	if o.folds > 0 {
		o.validate(w, "folds without dropout", train, b, r)
	}
}
