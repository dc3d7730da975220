package unlisted

// Labels of a token: outside, first, inner, last of a phrase, or a phrase by itself (BIOES).
const (
	labelO = iota
	labelB
	labelI
	labelE
	labelS
	labels
)

// follows tells which label may stand after which.
func follows(a, b int) bool {
	inside := a == labelB || a == labelI
	goesOn := b == labelI || b == labelE
	return inside == goesOn
}

// mayStart and mayEnd tell which labels may begin and end a sentence.
func mayStart(a int) bool { return a == labelO || a == labelB || a == labelS }
func mayEnd(a int) bool   { return a == labelO || a == labelE || a == labelS }
