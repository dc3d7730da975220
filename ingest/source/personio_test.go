package source

import (
	"strings"
	"testing"
)

func TestPersonioErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, payload, want string }{
		{"empty", "", "it is empty"},
		{"page", "<!DOCTYPE html><html><body>Not found</body></html>", "document type"},
		{"page without a type", "<html><body>Not found</body></html>", "want XML with the root <workzag-jobs>, got <html>"},
		{"malformed", "<workzag-jobs\n<position><id>1</id></position></workzag-jobs>", "not well-formed XML at byte"},
		{"cut off", "<workzag-jobs><position><id>1</id><name>A</na", "breaks off"},
		{"cut off between postings", "<workzag-jobs><position><id>1</id><name>A</name></position>", "breaks off"},
		{"two documents", "<workzag-jobs/><workzag-jobs/>", "more than one XML document"},
		{"text after the end", "<workzag-jobs/>Fatal error", "text after the XML"},
		{"entity bomb", `<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><workzag-jobs><position><id>1</id><name>&b;</name></position></workzag-jobs>`, "document type"},
		{"external entity", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><workzag-jobs>&e;</workzag-jobs>`, "document type"},
		{"unknown entity", "<workzag-jobs><position><id>1</id><name>&e;</name></position></workzag-jobs>", "not well-formed"},
		{"deep", "<workzag-jobs>" + strings.Repeat("<a>", 100_000), "nested deeper than 16 levels"},
		{"deep inside a posting", "<workzag-jobs><position>" + strings.Repeat("<a>", 30), "nested deeper than 16 levels"},
		{"many elements", "<workzag-jobs><position>" + strings.Repeat("<a/>", xmlElementsMax) + "</position></workzag-jobs>", "more than 500000 elements"},
		{"another encoding", `<?xml version="1.0" encoding="EBCDIC"?><workzag-jobs/>`, "not well-formed"},
		{"JSON", `{"offers":[]}`, "breaks off"},
	} {
		_, err := Personio{}.Parse([]byte(c.payload))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "personio") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

func TestPersonioEmpty(t *testing.T) {
	t.Parallel()
	b := parse(t, Personio{}, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<workzag-jobs></workzag-jobs>\n<!-- end -->\n")
	if b.Received != 0 || len(b.Records) != 0 {
		t.Errorf("%+v", b)
	}
}
