package unlisted

// Lists are the word lists that features are made of.
type Lists struct {
	Technology []string // names of software
	Knowledge  []string // fields and other nouns
	Activity   []string // verb phrases
	Language   []string // natural languages
}

// Background is what is known before any sentence is labelled.
type Background struct{ lexicon *lexicon }

// NewBackground makes a background of word lists and of counted texts.
func NewBackground(lists Lists, texts *Counter) Background {
	l := newLexicon()
	for kind, phrases := range [listKinds][]string{
		listTechnology: lists.Technology, listKnowledge: lists.Knowledge,
		listActivity: lists.Activity, listLanguage: lists.Language,
	} {
		for _, p := range phrases {
			l.addPhrase(kind, p)
		}
	}
	texts.describe(l)
	return Background{l}
}

// Recipe says how a model is trained.
type Recipe struct {
	Epochs  int            // passes over the sentences; weights are averaged over the second half
	Rate    float64        // step of AdaGrad
	Shrink  float64        // pull of a weight towards zero at each of its steps
	Drop    float64        // share of the features left out of each step, so that none is relied on alone
	SeenMin int            // features seen less often are not learnt
	Least   [kinds]float64 // probability from which on a phrase is found
	Seed    uint64
	Bags    int // chains of different seeds that are averaged
	Without Without
}

// DefaultRecipe is the one the model in the repository was trained by. All of it was chosen by
// cross-validation on the training sentences.
func DefaultRecipe() Recipe {
	return Recipe{
		Epochs: 16, Rate: 0.05, Shrink: 1e-4, Drop: 0.5, SeenMin: 3, Seed: 1, Bags: 6,
		Least: [kinds]float64{Knowledge: 0.25, Skill: 0.2},
	}
}

// Train learns from labelled sentences. The same input gives the same model, bit for bit, on machines
// whose compiler does not fuse multiplications and additions (amd64, unless GOAMD64=v3).
func Train(data []Sentence, background Background, recipe Recipe) *Model {
	r := reader{lexicon: background.lexicon, without: recipe.Without}
	sentences := r.lexicon.sentences(data)
	dict := r.number(sentences, recipe.SeenMin)
	var chains [kinds]*chain
	features := r.examples(sentences, dict)
	for k := range kinds {
		var examples []example
		for i, fs := range features {
			if len(fs) > 0 {
				examples = append(examples, example{fs, encode(len(fs), data[i].phrases(k))})
			}
		}
		chains[k] = average(examples, len(dict), recipe)
	}
	return quantise(r, dict, chains, recipe.Least)
}

// number gives each feature that is seen often enough a number, in order of first sight.
func (r *reader) number(sentences []sentence, seenMin int) map[uint32]int32 {
	seen := map[uint32]int{}
	var order, keys []uint32
	for i := range sentences {
		for t := range sentences[i].words {
			keys = r.features(keys[:0], &sentences[i], t)
			for _, k := range keys {
				if seen[k]++; seen[k] == seenMin {
					order = append(order, k)
				}
			}
		}
	}
	dict := make(map[uint32]int32, len(order))
	for n, k := range order {
		dict[k] = int32(n)
	}
	return dict
}

// examples are the numbers of the features of each word of each sentence.
func (r *reader) examples(sentences []sentence, dict map[uint32]int32) [][][]int32 {
	var keys []uint32
	out := make([][][]int32, len(sentences))
	for i := range sentences {
		out[i] = make([][]int32, len(sentences[i].words))
		for t := range out[i] {
			keys = r.features(keys[:0], &sentences[i], t)
			for _, k := range keys {
				if n, ok := dict[k]; ok {
					out[i][t] = append(out[i][t], n)
				}
			}
		}
	}
	return out
}

// Background is the background the model was trained with.
func (m *Model) Background() Background { return Background{m.reader.lexicon} }

// average trains chains of different seeds and takes the mean of their weights, which differ only by
// the order of the sentences and by what was left out.
func average(examples []example, features int, r Recipe) *chain {
	mean := &chain{weights: make([]float64, features*labels)}
	bags := max(r.Bags, 1)
	for range bags {
		c := fit(examples, features, r)
		for i, w := range c.weights {
			mean.weights[i] += w / float64(bags)
		}
		for x := range labels {
			for y := range labels {
				mean.trans[x][y] += c.trans[x][y] / float64(bags)
			}
		}
		r.Seed++
	}
	return mean
}
