package posting_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rolescope/rolescope/posting"
)

// zeroFields names the fields of a struct that have their zero value, those inside its slices'
// first elements included.
func zeroFields(v any) []string {
	var out []string
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		for i := range v.NumField() {
			name, f := path+v.Type().Field(i).Name, v.Field(i)
			switch {
			case f.IsZero():
				out = append(out, name)
			case f.Type() == reflect.TypeFor[time.Time]():
			case f.Kind() == reflect.Struct:
				walk(name+".", f)
			case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
				walk(name+".", f.Index(0))
			}
		}
	}
	walk("", reflect.ValueOf(v))
	return out
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ typ, data string }{
		"unknown type":       {"raw.v2", `{}`},
		"no type":            {"", `{}`},
		"no JSON":            {posting.TypeRaw, `<html>`},
		"half":               {posting.TypeRun, `{"id":`},
		"wrong shape":        {posting.TypeSlot, `[]`},
		"ids without source": {posting.TypeRaw, `{}`},
		"a foreign id":       {posting.TypePosting, `{"id":"x","source":"s","board":"b","external_id":"1"}`},
		"nested":             {posting.TypeDead, strings.Repeat("[", 100_000)},
		"over twice the cap": {posting.TypeSlot, `{"kind":"` + strings.Repeat("x", 2*posting.MessageBytesMax) + `"}`},
	} {
		if v, err := posting.Decode(test.typ, []byte(test.data)); !errors.Is(err, posting.ErrInvalid) {
			t.Errorf("%s: decoded as %v, %v", name, v, err)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	large := posting.Slot{Kind: strings.Repeat("x", posting.MessageBytesMax)}
	for _, v := range []any{nil, "text", &posting.Slot{}, large} {
		if m, err := posting.Encode(v); !errors.Is(err, posting.ErrInvalid) {
			t.Errorf("%T encoded to %d bytes, %v", v, len(m.Data), err)
		}
	}
}

// TestDecodeNewer decodes messages of a newer sender.
func TestDecodeNewer(t *testing.T) {
	t.Parallel()
	for typ, value := range messages(t) {
		m, err := posting.Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		newer := append([]byte(`{"field_of_the_future":[1],`), m.Data[1:]...)
		got, err := posting.Decode(typ, newer)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(value, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typ, diff)
		}
	}
}

// drawRun draws a run with a listing that may repeat itself.
func drawRun(t *rapid.T) posting.Run {
	at := time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "observed at")).UTC()
	run := posting.NewRun(rapid.StringN(1, 8, -1).Draw(t, "source"), rapid.StringN(1, 8, -1).Draw(t, "board"), "", posting.ProofFull, at, at)
	run.Outcome = posting.OutcomeOK
	hash := rapid.StringMatching(`[0-9a-f]{64}`)
	// Long ids make several parts out of few entries.
	size := rapid.SampledFrom([]int{1, 10, 50_000, 300_000}).Draw(t, "size of an id")
	n := rapid.IntRange(0, 20).Draw(t, "listed")
	for i := range n {
		id := strings.Repeat("x", size-1) + rapid.StringN(0, 4, -1).Draw(t, "id")
		run.Listing = append(run.Listing, posting.Listed{ExternalID: id, ContentHash: hash.Draw(t, "hash")})
		if i%3 == 2 {
			run.Listing = append(run.Listing, run.Listing[i/2])
		}
	}
	return run
}

// TestSplit holds the parts of a run to what they promise: together they are the listing, sorted
// and without repetitions, each is a message within the cap with an id of its own, and the order of
// the listing does not matter.
func TestSplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		run := drawRun(t)
		parts := run.Split()
		var joined []posting.Listed
		ids := map[string]bool{}
		for i, p := range parts {
			if p.Part != i || p.Parts != len(parts) || p.Digest != parts[0].Digest || p.ID != run.ID {
				t.Fatalf("part %d says it is %d of %d, digest %s", i, p.Part, p.Parts, p.Digest)
			}
			m, err := posting.Encode(p)
			if err != nil {
				t.Fatalf("part %d: %v", i, err)
			}
			back, err := posting.Decode(m.Type, m.Data)
			if err != nil {
				t.Fatalf("part %d: %v", i, err)
			}
			if again, err := posting.Encode(back); err != nil || !bytes.Equal(again.Data, m.Data) || again.ID != m.ID {
				t.Fatalf("part %d encodes differently after decoding (%v)", i, err)
			}
			ids[m.ID] = true
			joined = append(joined, p.Listing...)
		}
		if len(ids) != len(parts) {
			t.Errorf("%d parts have %d ids", len(parts), len(ids))
		}
		want := map[posting.Listed]bool{}
		for _, l := range run.Listing {
			want[l] = true
		}
		if len(joined) != len(want) {
			t.Errorf("%d entries of %d different ones", len(joined), len(want))
		}
		for _, l := range joined {
			if !want[l] {
				t.Errorf("entry %q was not listed", l.ExternalID)
			}
		}
		if !slices.IsSortedFunc(joined, func(a, b posting.Listed) int { return strings.Compare(a.ExternalID, b.ExternalID) }) {
			t.Error("the parts are not sorted")
		}
		shuffled := run
		shuffled.Listing = rapid.Permutation(run.Listing).Draw(t, "order")
		if diff := cmp.Diff(parts, shuffled.Split()); diff != "" {
			t.Errorf("another order of the listing (-want +got):\n%s", diff)
		}
	})
}

// TestRoundTrip encodes invented raws of any text; only bytes that are no UTF-8 may change.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		at := time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "observed at")).UTC()
		run := posting.NewRun(rapid.StringN(1, 8, -1).Draw(t, "source"), rapid.StringN(1, 8, -1).Draw(t, "board"), text.Draw(t, "company"), posting.ProofFull, at, at)
		want, err := posting.NewRaw(run, "n1", posting.Record{
			ExternalID: rapid.StringN(1, 8, -1).Draw(t, "id"), Title: text.Draw(t, "title"), Description: text.Draw(t, "description"),
			Pay: []posting.Pay{{Min: rapid.Float64Range(0, 1e9).Draw(t, "min")}}, PostedAt: at,
		})
		if err != nil {
			t.Fatal(err)
		}
		m, err := posting.Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := posting.Decode(m.Type, m.Data)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(any(want), got); diff != "" {
			t.Errorf("round trip (-want +got):\n%s", diff)
		}
	})
}

// FuzzDecode decodes anything. What it accepts must encode, and that must decode to the same.
func FuzzDecode(f *testing.F) {
	for typ, value := range messages(f) {
		m, err := posting.Encode(value)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(typ, m.Data)
		f.Add(typ, m.Data[:len(m.Data)/2])
	}
	f.Add("raw.v2", []byte("{}"))
	f.Add(posting.TypeSlot, []byte("null"))
	f.Add(posting.TypeSlot, []byte(`{"kind":"\ud800","planned_at":"9999-12-31T23:59:59+14:00"}`))
	f.Fuzz(func(t *testing.T, typ string, data []byte) {
		v, err := posting.Decode(typ, data)
		if err != nil {
			if !errors.Is(err, posting.ErrInvalid) {
				t.Fatalf("error does not wrap ErrInvalid: %v", err)
			}
			return
		}
		m, err := posting.Encode(v)
		if errors.Is(err, posting.ErrInvalid) {
			return // over the cap after all
		}
		if err != nil {
			t.Fatalf("what was decoded does not encode: %v", err)
		}
		back, err := posting.Decode(m.Type, m.Data)
		if err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
		again, err := posting.Encode(back)
		if err != nil || !bytes.Equal(again.Data, m.Data) {
			t.Fatal(fmt.Errorf("encoding is not stable: %w\n%s\n%s", err, m.Data, again.Data))
		}
	})
}
