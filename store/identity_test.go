package store

import "testing"

func TestIdentity(t *testing.T) {
	t.Parallel()
	cfg := freshConfig(t)
	first, other := open(t, cfg), open(t, freshConfig(t))
	again, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	ids := map[string]bool{}
	for _, s := range []*Store{first, again, other} {
		id, err := s.Identity(t.Context())
		if err != nil || id == "" {
			t.Fatalf("identity %q, %v", id, err)
		}
		ids[id] = true
	}
	if len(ids) != 2 {
		t.Errorf("%d identities of two stores", len(ids))
	}
}
