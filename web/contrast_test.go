package web_test

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rolescope/rolescope/web"
)

// linear are the linear channels of #rrggbb, 0 to 1.
func linear(t *testing.T, colour string) [3]float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("%q is no colour", colour)
	}
	var out [3]float64
	for i := range out {
		v := float64(n>>(16-8*i)&255) / 255
		if out[i] = v / 12.92; v > 0.04045 {
			out[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return out
}

// luminance is WCAG 2.2's relative luminance of #rrggbb.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	c := linear(t, colour)
	return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
}

// visions are how colours look with normal vision, protanopia, deuteranopia and tritanopia: matrices over
// linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
func visions() [4][3][3]float64 {
	return [4][3][3]float64{
		{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
		{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
		{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
	}
}

// seenAs is a colour in CIELAB (D65) as one vision sees it.
func seenAs(c [3]float64, vision [3][3]float64) [3]float64 {
	dot := func(m [3]float64, v [3]float64) float64 { return m[0]*v[0] + m[1]*v[1] + m[2]*v[2] }
	rgb := [3]float64{dot(vision[0], c), dot(vision[1], c), dot(vision[2], c)}
	f := func(m [3]float64, white float64) float64 {
		v := max(dot(m, rgb), 0) / white
		if v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	x, y, z := f([3]float64{0.4124, 0.3576, 0.1805}, 0.9505), f([3]float64{0.2126, 0.7152, 0.0722}, 1), f([3]float64{0.0193, 0.1192, 0.9505}, 1.089)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// apart checks that any two lines' colours differ with any vision.
func apart(t *testing.T, colours map[string]string) {
	t.Helper()
	for i := range 8 {
		for j := range i {
			least := 29.0
			if i < 4 {
				least = 38
			}
			a, b := linear(t, colours[fmt.Sprintf("c%d", i)]), linear(t, colours[fmt.Sprintf("c%d", j)])
			for k, vision := range visions() {
				p, q := seenAs(a, vision), seenAs(b, vision)
				if d := math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2])); d < least {
					t.Errorf("c%d and c%d differ by %.1f with vision %d, less than %.0f", i, j, d, k, least)
				}
			}
		}
	}
}

// TestContrast: in both themes lines can be told apart with any colour vision, text has the contrast of WCAG AA (4.5), and lines that of graphics (3).
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
		apart(t, colours)
		for pair, least := range pairs {
			a, b := luminance(t, colours[pair[0]]), luminance(t, colours[pair[1]])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < least {
				t.Errorf("theme %d: %s on %s has a contrast of %.2f, less than %.1f", i, pair[0], pair[1], ratio, least)
			}
		}
	}
}
