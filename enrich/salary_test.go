package enrich

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

func showSalaries(ss []posting.Salary) string {
	var parts []string
	for _, s := range ss {
		parts = append(parts, fmt.Sprintf("%v-%v %s/%s", s.Min, s.Max, s.Currency, s.Period))
	}
	return strings.Join(parts, "; ")
}

func TestSalaryTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, country, want string }{
		{"The base salary range is $180K - $240K.", "", "180000-240000 USD/year"},
		{"$180,000—$240,000 USD", "", "180000-240000 USD/year"},
		{"Salary: $180-240K DOE", "", "180000-240000 USD/year"},
		{"Gehalt: €60.000 - €75.000 brutto pro Jahr", "", "60000-75000 EUR/year"},
		{"Jahresgehalt 60.000 – 75.000 €", "", "60000-75000 EUR/year"},
		{"Salary £45k-£60k + benefits", "", "45000-60000 GBP/year"},
		{"Compensation: USD 120,000 to 150,000 per year", "", "120000-150000 USD/year"},
		{"You earn $75/hr on contract.", "", "75-75 USD/hour"},
		{"The pay is $18.50 - $22.75 per hour.", "", "18.5-22.75 USD/hour"},
		{"Salary: CA$120,000", "", "120000-120000 CAD/year"},
		{"Base salary of C$100k-C$120k", "", "100000-120000 CAD/year"},
		{"Salary A$150,000 - A$170,000 plus super", "", "150000-170000 AUD/year"},
		{"Salary S$8,000 - S$12,000 per month", "", "8000-12000 SGD/month"},
		{"CTC: ₹25-35 LPA", "", "2.5e+06-3.5e+06 INR/year"},
		{"Salary: 25 - 35 LPA", "", "2.5e+06-3.5e+06 INR/year"},
		{"We pay INR 25 lakhs per annum as salary", "", "2.5e+06-2.5e+06 INR/year"},
		{"Salary: CHF 110'000 - 130'000", "", "110000-130000 CHF/year"},
		{"Wynagrodzenie: 18 000 - 24 000 zł / month", "", "18000-24000 PLN/month"},
		{"Pay: 90 000 – 120 000 CZK per month", "", "90000-120000 CZK/month"},
		{"Salary 55 000 kr per month", "SE", "55000-55000 SEK/month"},
		{"Salary 55 000 kr per month", "", ""},
		{"年収600万円～1000万円", "", "6e+06-1e+07 JPY/year"},
		{"Salary R$ 12.000 - R$ 15.000 por mês", "", "12000-15000 BRL/month"},
		{"Base salary ₩80,000,000 - ₩120,000,000 per year", "", "8e+07-1.2e+08 KRW/year"},
		{"Salary range: $150,000 - $200,000", "CA", "150000-200000 CAD/year"},
		{"Salary range: $150,000 - $200,000 USD", "CA", "150000-200000 USD/year"},
		{"Salary up to £70,000", "", "0-70000 GBP/year"},
		{"Salary from £70,000", "", "70000-0 GBP/year"},
		{"Salary $150k+", "", "150000-0 USD/year"},
		{"OTE is $240,000 - $280,000 USD.", "", "240000-280000 USD/year"},
		{"The salary is $240K - $180K.", "", "180000-240000 USD/year"},
		{"Zone A salary: $150,000 - $180,000. Zone B salary: $140,000 - $170,000.", "", "150000-180000 USD/year; 140000-170000 USD/year"},
		{"Acme | Engineer | Berlin | $120k-$150k", "", "120000-150000 USD/year"},
		{"The annual salary for this role is between $150,000 and $175,000, plus a bonus up to $20,000 and a $5,000 stipend.", "", "150000-175000 USD/year"},
		{"€3.500 - €4.200 per maand", "", "3500-4200 EUR/month"},
		{"The hourly rate is $40 - $55", "", "40-55 USD/hour"},
		{"Day rate: £500 - £600 per day", "", "500-600 GBP/day"},
		{"Pay: $55/hr. - $60/hr.", "", "55-60 USD/hour"},
		{"$85,000/yr USD or $105,000/yr CAD", "", "85000-85000 USD/year; 105000-105000 CAD/year"},
		{"Salary Range: 110K to 160K OTE", "US", "110000-160000 USD/year"},
		{"130k - 160k base + equity", "US", "130000-160000 USD/year"},
		{"130k - 160k base + equity", "AR", ""},
		{"100k - 200k users", "US", ""},
		{"Salary: 60k to 70k plus bonus", "IE", "60000-70000 EUR/year"},
		{"- Base: $170,700 (min) — $213,400 (mid) — $256,100 (max)", "", "170700-256100 USD/year"},
		{"Minimum salary of $172,000 to maximum $215,000", "", "172000-215000 USD/year"},
		{"The base pay for this role ranges from $115,000/year in our lowest geographic market up to $223,600/year in our highest geographic market.", "", "115000-223600 USD/year"},
		{"The starting base pay is between USD 123,750 in the lowest geographic market and USD 198,000 in the highest geographic market.", "", "123750-198000 USD/year"},
		{"The maximum base pay for this position is $210,000.", "", "0-210000 USD/year"},
		{"Salaries start at $100k and go up from there.", "", "100000-0 USD/year"},
		{"Salary: £30-45,000", "", "30000-45000 GBP/year"},
		{"Compensation: $300K – $1M plus equity", "", "300000-1e+06 USD/year"},
		{"$65k base salary ($80k OTE) + equity package", "", "65000-65000 USD/year"},
		{"Base salary: $90,000. On-target earnings: $140,000.", "", "90000-90000 USD/year"},
		{"OTE: $140,000", "", "140000-140000 USD/year"},
		{"Estimated Annual Base Compensation: $120K – $200K • Offers Commission.", "", "120000-200000 USD/year"},
		{"Pay Transparency Salary Range: $124,000-$177,000 Overtime eligible: Exempt Discretionary bonus eligible: Yes", "", "124000-177000 USD/year"},
		{"A starting salary between $200,000 and $225,000 as well as stock options", "", "200000-225000 USD/year"},
		{"Compensation is market-competitive with a yearly cash base of $150,000-$200,000 and will include upside in our funds.", "", "150000-200000 USD/year"},
		{"Paid in the range of up to $260,000 - $325,000+ Bonus as compensation.", "", "260000-325000 USD/year"},
		// Other money.
		{"Salary $130K – $200K • $100K – $250K Equity", "", "130000-200000 USD/year"},
		{"- $10-15k average deal value", "", ""},
		{"- Track record closing $100K+ annual contracts", "", ""},
		{"Refer a friend and earn $5k if they are hired", "", ""},
		{"A competitive salary and £5k car allowance", "", ""},
		{"We are paying $10,000 as a referral bonus", "", ""},
		{"Contract work in Menlo Park, CA$80/hour", "", "80-80 USD/hour"},
		{"Salary: US$150,000, CA$180,000", "", "150000-150000 USD/year; 180000-180000 CAD/year"},
		{"We raised a $50M Series B.", "", ""},
		{"We raised $50,000,000 from investors.", "", ""},
		{"$1,000 stipend for your home office", "", ""},
		{"Annual learning budget of $2,000 per year", "", ""},
		{"A sign-on bonus of $20,000", "", ""},
		{"401k match up to $5,000 per year", "", ""},
		{"Manage a portfolio of $100,000 - $500,000 deals", "", ""},
		{"Over 150,000 users and $120,000 in revenue", "", ""},
		{"Series B company with 100-150 people", "", ""},
		{"Salary: 60000 - 75000", "", ""},
		{"We offer $500 - $700", "", ""},
		{"The salary is competitive. Our customers save $100,000 a year.", "", ""},
		{"$200 per month wellness allowance", "", ""},
		{"Annual salary of $15 - $200,000", "", ""},
	}
	for _, tt := range tests {
		if got := showSalaries(textSalaries(tt.in, "", payPlace{country: tt.country})); got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func TestSalarySources(t *testing.T) {
	t.Parallel()
	doc := readDocument("", "<p>Annual Salary:</p><div class=\"pay-range\"><span>$222,800</span><span class=\"divider\">&mdash;</span><span>$334,200 USD</span></div>")
	tests := map[string]struct {
		rec  posting.Record
		want []posting.Salary
	}{
		"structured": {
			posting.Record{Pay: []posting.Pay{{Min: 150000, Max: 180000, Currency: "USD", Interval: "1 YEAR", Text: "$150K – $180K"}}},
			[]posting.Salary{{Min: 150000, Max: 180000, Currency: "USD", Period: "year", Text: "$150K – $180K", Source: "structured"}},
		},
		"structured hour": {
			posting.Record{Pay: []posting.Pay{{Min: 30, Max: 45, Currency: "usd", Interval: "per-hour-wage"}}},
			[]posting.Salary{{Min: 30, Max: 45, Currency: "USD", Period: "hour", Source: "structured"}},
		},
		"text": {
			posting.Record{},
			[]posting.Salary{{Min: 222800, Max: 334200, Currency: "USD", Period: "year", Text: "$222,800—$334,200 USD", Source: "text"}},
		},
		"field of a known currency": {
			posting.Record{Pay: []posting.Pay{{Currency: "GBP", Text: "15,000 to 22,000 per year"}}},
			[]posting.Salary{{Min: 15000, Max: 22000, Currency: "GBP", Period: "year", Text: "15,000 to 22,000 per year", Source: "structured"}},
		},
		"one-time pay falls back": {
			posting.Record{Pay: []posting.Pay{{Min: 5000, Max: 5000, Currency: "USD", Interval: "1 TIME"}}},
			[]posting.Salary{{Min: 222800, Max: 334200, Currency: "USD", Period: "year", Text: "$222,800—$334,200 USD", Source: "text"}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, salaries(tt.rec, doc, locations(tt.rec, doc, workplace(tt.rec, doc)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSalaryQuotesOTE(t *testing.T) {
	t.Parallel()
	got := textSalaries("Pay: $240,000 - $280,000 OTE", "", payPlace{})
	if len(got) != 1 || got[0].Text != "$240,000 - $280,000 OTE" {
		t.Errorf("got %+v", got)
	}
}

func FuzzSalary(f *testing.F) {
	for _, s := range []string{"Salary $180K - $240K", "€60.000 - €75.000 pro Jahr", "₹25-35 LPA", "年収600万円～1000万円", "CHF 110'000", "$1 2 3 4 5 6", "$180-", "kr 1 000 000 000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := readDocument("", s)
		for _, got := range salaries(posting.Record{}, d, nil) {
			if got.Min > got.Max && got.Max != 0 || len(got.Currency) != 3 || salaryBounds[got.Period][1] == 0 || !strings.Contains(d.text, got.Text) {
				t.Fatalf("%q: %+v", s, got)
			}
		}
	})
}
