package enrich

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// languageWordsMin is how many words a text needs before its language is believed; below that,
	// product names and place names decide.
	languageWordsMin = 12
	// languageBytesMax is how much of a text is looked at; function words settle it long before.
	languageBytesMax = 8 << 10
	// functionShareMin is the least share of words that must be function words of the language.
	// Running text has 25 to 45 per cent of them; lists of products have hardly any.
	functionShareMin = 0.06
	// distinctWordsMin is how many different function words of a language other than English a text
	// must hold; every sentence of any of them has more.
	distinctWordsMin = 4
	// functionLead is how many times the runner-up's words the winner needs.
	functionLead = 1.3
	// scriptShareMin is the least share of letters in a script for its languages to be considered:
	// adverts in Japanese or Russian are full of Latin product names.
	scriptShareMin = 0.25
	// scriptsFrom is where Unicode's scripts other than Latin begin.
	scriptsFrom = 0x370
	// hanLetters and kanaLetters are about how many Latin letters say the same as one character: an
	// advert in Chinese with its own English translation is Chinese, one with a Japanese greeting is
	// not Japanese.
	hanLetters, kanaLetters = 4, 3
	// kanaShareMin tells Japanese from Chinese.
	kanaShareMin = 0.08
)

// functionWords are the most frequent function words of the languages job boards are written in,
// leaving out those that several of them share where others suffice. (A trigram detector was
// measured on recorded adverts first: it was unsure of half the English ones.)
var functionWords = []struct{ language, words string }{
	{"en", "the and of to in for with you your we our is are will be on as this that have or an at from by not their they it who what"},
	{"de", "und der die das den dem des ein eine einer einen mit für von zu zur zum im ist sind wir du sie dein deine ihr unser unsere auf bei als auch sich nicht oder werden hast bist dich uns über aus nach"},
	{"fr", "le la les des du et une un dans pour vous nous votre notre vos nos avec sur est sont au aux par ce cette qui que en tu ton ta tes être ou plus leur"},
	{"es", "el la los las de del y en un una para con por que tu tus nuestro nuestra nuestros es son como más se su sus al lo te o equipo experiencia trabajo"},
	{"pt", "o os as do da dos das e em um uma para com por que não você nossa nosso nossos é são como mais se seu sua ao na no nas nos pela pelo ou experiência"},
	{"it", "il lo la gli le di del della dei delle e in un una per con che non è sono come più si tuo tua nostro nostra al alla nel nella ai da dal anche siamo"},
	{"nl", "de het een en van in op voor met je jij jouw wij we ons onze is zijn dat die te aan als bij of ook niet naar om wordt uit hebt bent worden"},
	{"sv", "och att det som en ett i på är för av med till du dig din vi vår våra om inte har kan eller från vara hos samt när"},
	{"da", "og at det som en et i på er for af med til du dig din vi vores om ikke har kan eller fra være hos samt når blive også"},
	{"no", "og å det som en et i på er for av med til du deg din vi vår våre om ikke har kan eller fra være hos samt når bli også"},
	{"fi", "ja on ei se että kun tai myös sekä olet sinulla meillä meidän ovat joka jossa kanssa mukaan voit työ sinun olemme hän oman"},
	{"pl", "i w na z do że się jest dla oraz jak co nie o od po przez lub twoje nasz nasze naszych są być które będziesz pracy w ramach"},
	{"cs", "a v na se je že s z do pro jako i o k od po při nebo které tým naše našich budeš jsme jsou máš více být pracovat"},
	{"sk", "a v na sa je že s z do pre ako aj o k od po pri alebo ktoré tím naše našich budeš sme sú máš viac byť pracovať"},
	{"hu", "a az és egy hogy nem is van meg vagy de mint ez azt csak már ha lesz nálunk által valamint illetve vagyunk"},
	{"ro", "și în de la cu pe un o pentru din care este sunt sau mai nu ca să ai al ale prin noastră nostru vei fi echipa"},
	{"tr", "ve bir bu için ile da de olarak daha çok olan en gibi veya ya sahip iş kadar biz size ekip"},
	{"id", "dan yang di untuk dengan dari ini kami anda pada dalam atau adalah akan tidak sebagai ke itu kerja memiliki oleh serta"},
	{"vi", "và của các cho là với có trong được một bạn những để không về tại công việc chúng tôi"},
	{"hr", "i u na je za se da s od su o kao koji koja ili te uz tim kako rad naš smo ćeš biti iskustvo"},
	{"sl", "in v na je za se da z so od ki kot pri ali tudi smo bo naš nas delo ter več"},
	{"et", "ja on et ei ning meie sa kui oma või ka oled selle mis kes tööd meil olema"},
	{"lv", "un ir uz ar par no lai vai mēs tu kas kā darba mūsu tev arī kā"},
	{"lt", "ir į su yra kad tai iš kaip arba mes tu mūsų darbo bei būti savo dėl"},
}

// language is the ISO 639-1 code of the language most of the text is written in. A text too short
// or too mixed to tell has the language its source claims, a BCP 47 tag, or none.
func language(doc document, claim string) string {
	claimed, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(strings.ReplaceAll(claim, "_", "-"))), "-")
	switch {
	case claimed == "nb" || claimed == "nn":
		claimed = "no"
	case len(claimed) != 2 || !isLowerASCII(claimed):
		claimed = ""
	}
	if found := detectLanguage(languageSample(doc)); found != "" {
		return found
	}
	return claimed
}

func isLowerASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < 'a' || r > 'z' }) < 0
}

// detectLanguage tells the language of a sample, "" when it cannot.
func detectLanguage(sample string) string {
	if l := scriptLanguage(sample); l != "" {
		return l
	}
	counts, words := countFunctionWords(sample, nil)
	if words < languageWordsMin {
		return ""
	}
	best, second := 0, -1
	for l := 1; l < len(counts); l++ {
		switch {
		case counts[l] > counts[best]:
			best, second = l, best
		case second < 0 || counts[l] > counts[second]:
			second = l
		}
	}
	if float64(counts[best]) < functionShareMin*float64(words) || float64(counts[best]) < functionLead*float64(counts[second]) {
		return ""
	}
	if best > 0 && words > 0 {
		seen := map[string]bool{}
		countFunctionWords(sample, func(word string, languages []int) { seen[word] = seen[word] || slices.Contains(languages, best) })
		distinct := 0
		for _, own := range seen {
			if own {
				distinct++
			}
		}
		if distinct < distinctWordsMin {
			return "" // "a" is an article in Hungarian too
		}
	}
	return functionWords[best].language
}

// countFunctionWords counts the function words of every language in a sample, and all its words, and
// tells each to found, if there is one. Parts of web addresses are no words: ".com" is Portuguese.
func countFunctionWords(sample string, found func(word string, languages []int)) (counts []int, words int) {
	counts = make([]int, len(functionWords))
	index := functionIndex()
	lower := appendLower(make([]byte, 0, len(sample)+utf8.UTFMax), sample)
	for i := 0; i < len(lower); i++ {
		start := i
		for i < len(lower) {
			if n := latinLen(lower[i:]); n > 0 {
				i += n
				continue
			}
			r, size := utf8.DecodeRune(lower[i:])
			if !unicode.IsLetter(r) {
				break
			}
			i += size
		}
		if i == start {
			continue
		}
		if start > 0 && (lower[start-1] == '.' || lower[start-1] == '/' || lower[start-1] == '@') {
			continue
		}
		words++
		languages := index.languages(lower[start:i])
		for _, l := range languages {
			counts[l]++
		}
		if found != nil && len(languages) > 0 {
			found(string(lower[start:i]), languages)
		}
	}
	return counts, words
}

// latinLen is the length of the run of lower-case ASCII letters and apostrophes s begins with.
func latinLen(s []byte) int {
	for i, c := range s {
		if c-'a' >= 26 && c != '\'' {
			return i
		}
	}
	return len(s)
}

// functionBook tells which languages a word is a function word of.
type functionBook struct {
	of     map[string][]int // by word
	filter wordFilter       // of its keys
}

var functionIndex = sync.OnceValue(func() *functionBook {
	b := &functionBook{of: map[string][]int{}}
	for i, l := range functionWords {
		for w := range strings.FieldsSeq(l.words) {
			if n := len(b.of[w]); n == 0 || b.of[w][n-1] != i {
				b.of[w] = append(b.of[w], i)
			}
			b.filter.add(w)
		}
	}
	return b
})

func (b *functionBook) languages(word []byte) []int {
	if !b.filter.mayHold(filterHash(word)) {
		return nil
	}
	return b.of[string(word)]
}

// scriptLanguage tells the languages that their script gives away.
func scriptLanguage(sample string) string {
	if !hasForeignLetter(sample) {
		return ""
	}
	var letters, han, kana, hangul, cyrillic, greek, hebrew, arabic, thai, ukrainian, bulgarian int
	for _, r := range sample {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		switch {
		case r < scriptsFrom:
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
			switch r {
			case 'і', 'ї', 'є', 'ґ':
				ukrainian++
			case 'ъ':
				bulgarian++
			}
		case unicode.Is(unicode.Greek, r):
			greek++
		case unicode.Is(unicode.Hebrew, r):
			hebrew++
		case unicode.Is(unicode.Arabic, r):
			arabic++
		case unicode.Is(unicode.Thai, r):
			thai++
		case unicode.Is(unicode.Hangul, r):
			hangul++
		case unicode.Is(unicode.Hiragana, r), unicode.Is(unicode.Katakana, r):
			kana++
		case unicode.Is(unicode.Han, r):
			han++
		}
	}
	if letters < 2*languageWordsMin {
		return ""
	}
	share := func(n int) bool { return float64(n) >= scriptShareMin*float64(letters) }
	eastAsian := hanLetters*han+kanaLetters*kana >= letters-han-kana
	switch {
	case share(hangul):
		return "ko"
	case eastAsian && float64(kana) >= kanaShareMin*float64(han+kana):
		return "ja"
	case eastAsian:
		return "zh"
	case share(cyrillic) && ukrainian*50 > cyrillic:
		return "uk"
	case share(cyrillic) && bulgarian*100 > cyrillic:
		return "bg"
	case share(cyrillic):
		return "ru"
	case share(greek):
		return "el"
	case share(hebrew):
		return "he"
	case share(arabic):
		return "ar"
	case share(thai):
		return "th"
	}
	return ""
}

// hasForeignLetter reports a letter of a script that is not derived from Latin.
func hasForeignLetter(s string) bool {
	for {
		s = s[asciiLen(s):]
		if s == "" {
			return false
		}
		r, size := utf8.DecodeRuneInString(s)
		if r >= scriptsFrom && !isPunctuation(r) && unicode.IsLetter(r) {
			return true
		}
		s = s[size:]
	}
}

// languageSample is the beginning of the advert's own text: legal boilerplate is often in another
// language than the advert.
func languageSample(doc document) string {
	var b strings.Builder
	b.Grow(min(len(doc.text), 2*languageBytesMax))
	for _, p := range doc.paragraphs {
		if p.section == sectionLegal {
			continue
		}
		b.WriteString(strings.TrimPrefix(doc.text[p.start:p.end], itemPrefix))
		b.WriteByte('\n')
		if b.Len() > languageBytesMax {
			break
		}
	}
	return truncate(b.String(), languageBytesMax)
}
