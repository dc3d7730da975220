package unlisted

import "testing"

func TestEvaluateIsStrict(t *testing.T) {
	t.Parallel()
	gold := [][]Range{{{0, 2}, {3, 4}}, {{1, 2}}, nil, {{0, 1}}}
	predicted := [][]Range{{{0, 2}, {3, 5}}, {{1, 2}}, {{0, 1}}, nil}
	s := Evaluate(gold, predicted)
	if s.Gold != 4 || s.Predicted != 4 || s.Right != 2 {
		t.Fatalf("gold %d, predicted %d, right %d; want 4, 4, 2", s.Gold, s.Predicted, s.Right)
	}
	for name, e := range map[string]Estimate{"precision": s.Precision, "recall": s.Recall, "F1": s.F1} {
		if e.Value != 0.5 || e.Low > e.Value || e.High < e.Value || e.Low == e.High {
			t.Errorf("%s is %+v, want 0.5 within an interval", name, e)
		}
	}
	if again := Evaluate(gold, predicted); again != s {
		t.Errorf("a second evaluation differs: %+v, %+v", again, s)
	}
	if perfect := Evaluate(gold, gold).F1; perfect != (Estimate{1, 1, 1}) {
		t.Errorf("perfect F1 is %+v", perfect)
	}
	if none := Evaluate(nil, nil); none != (Score{}) {
		t.Errorf("nothing gives %+v", none)
	}
}
