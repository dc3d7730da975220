package web_test

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/web"
)

// luminance is WCAG 2.2's relative luminance of #rrggbb.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("%q is no colour", colour)
	}
	channel := func(c uint64) float64 {
		if v := float64(c&255) / 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		} else {
			return v / 12.92
		}
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}

// TestContrast: in both themes text has the contrast of WCAG AA (4.5), and lines that of graphics (3).
func TestContrast(t *testing.T) {
	t.Parallel()
	css := get(t, dashboard(t, web.Options{Querier: failing{}}), "/static/style.css")
	if css.Code != http.StatusOK {
		t.Fatal(css.Code)
	}
	themes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(css.Body.String(), -1)
	if len(themes) != 2 {
		t.Fatalf("%d themes", len(themes))
	}
	for i, theme := range themes {
		colours := map[string]string{}
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`).FindAllStringSubmatch(theme[1], -1) {
			colours[m[1]] = m[2]
		}
		pairs := map[[2]string]float64{
			{"ink", "paper"}: 4.5, {"muted", "paper"}: 4.5, {"link", "paper"}: 4.5, {"ink", "soft"}: 4.5, {"warn-ink", "warn-paper"}: 4.5,
		}
		for name := range colours {
			switch {
			case strings.HasPrefix(name, "k-"):
				pairs[[2]string{"ink", name}] = 4.5
			case len(name) == 2 && name[0] == 'c':
				pairs[[2]string{name, "paper"}] = 3
			}
		}
		if len(pairs) != 5+7+8 {
			t.Errorf("theme %d: %d pairs of colours", i, len(pairs))
		}
		for pair, least := range pairs {
			a, b := luminance(t, colours[pair[0]]), luminance(t, colours[pair[1]])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < least {
				t.Errorf("theme %d: %s on %s has a contrast of %.2f, less than %.1f", i, pair[0], pair[1], ratio, least)
			}
		}
	}
}
