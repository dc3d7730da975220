package source

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzCut compares cutting with what encoding/json reads from the same bytes.
func FuzzCut(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, ` { } `, `{"a":1}`, `{"a":1,"a":2}`, `{ "a" : "x\"y" , "b":[1,{"c":"}"}] }`, `[1,-2.5e3,"\\",null,true]`,
		`["\\\"]",[],{},[[]]]`, "{\"k\\u00e9y\":\t{\"a\":[\"\\\\\"]}\n}", "{\"\xff\":\"\xff\"}", `{"":""}`, `[[1,2],[3]]`, `{"é":"\u0022"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var raw json.RawMessage
		if json.Unmarshal(data, &raw) != nil {
			return
		}
		switch jsonType(raw) {
		case "an object":
			var want map[string]json.RawMessage
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			got, _ := fieldsOf(raw)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q (-encoding/json +fieldsOf):\n%s", raw, diff)
			}
		case "a list":
			var want []json.RawMessage
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, elementsOf(raw)); diff != "" {
				t.Errorf("%q (-encoding/json +elementsOf):\n%s", raw, diff)
			}
		}
	})
}
