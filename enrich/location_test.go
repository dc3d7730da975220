package enrich

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolescope/rolescope/posting"
)

// show prints locations as "city/region/country" with "~scope" and a leading "R:" for remote.
func show(ls []posting.Location) string {
	var parts []string
	for _, l := range ls {
		s := l.City + "/" + l.Region + "/" + l.Country
		if l.Scope != "" {
			s += "~" + l.Scope
		}
		if l.Remote {
			s = "R:" + s
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func TestLocationTexts(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"San Francisco, CA | New York City, NY | Seattle, WA", "San Francisco/CA/US New York/NY/US Seattle/WA/US"},
		{"Remote - US", "R://US~US"},
		{"London, United Kingdom", "London/ENG/GB"},
		{"London", "London/ENG/GB"},
		{"London, ON", "London/ON/CA"},
		{"London, Ontario, Canada", "London/ON/CA"},
		{"Remote (EMEA)", "R://~EMEA"},
		{"Hybrid - Berlin", "Berlin/BE/DE"},
		{"US-Remote", "R://US~US"},
		{"Remote-US", "R://US~US"},
		{"US Remote", "R://US~US"},
		{"San Francisco-Hybrid", "San Francisco/CA/US"},
		{"Zürich", "Zurich/ZH/CH"},
		{"Zuerich, Switzerland", "Zurich/ZH/CH"},
		{"Bengaluru, India", "Bengaluru/KA/IN"},
		{"Bengaluru, Karnataka, India", "Bengaluru/KA/IN"},
		{"New York, New York, United States", "New York/NY/US"},
		{"New York, United States", "New York/NY/US"},
		{"New York, NY", "New York/NY/US"},
		{"New York", "New York/NY/US"},
		{"Brooklyn, New York", "Brooklyn/NY/US"},
		{"San Francisco, New York", "San Francisco/CA/US New York/NY/US"},
		{"SF / NY", "San Francisco/CA/US /NY/US"},
		{"Dubai, UAE", "Dubai//AE"},
		{"Tijuana, BC", "Tijuana//MX"},
		{"Singapore, Singapore", "Singapore//SG"},
		{"Dublin, Dublin, Ireland", "Dublin//IE"},
		{"Dublin, CA", "Dublin/CA/US"},
		{"Dublin, IE", "Dublin//IE"},
		{"Paris, TX", "Paris/TX/US"},
		{"Paris", "Paris/IDF/FR"},
		{"Cambridge", "Cambridge//"},
		{"Cambridge, MA", "Cambridge/MA/US"},
		{"Cambridge, UK", "Cambridge/ENG/GB"},
		{"Cambridge, MA; Boston", "Cambridge/MA/US Boston/MA/US"},
		{"Portland", "Portland//US"},
		{"Portland, OR", "Portland/OR/US"},
		{"Birmingham, AL", "Birmingham/AL/US"},
		{"Birmingham, United Kingdom", "Birmingham/ENG/GB"},
		{"San Jose", "San Jose//"},
		{"San Jose, CA", "San Jose/CA/US"},
		{"San José, Costa Rica", "San José//CR"},
		{"Remote, OR", "R:/OR/US~US"},
		{"Berlin or Munich", "Berlin/BE/DE Munich/BY/DE"},
		{"Atlanta, Georgia", "Atlanta/GA/US"},
		{"Tbilisi, Georgia", "Tbilisi//GE"},
		{"Georgia", "//"},
		{"Darien, Georgia, United States", "Darien/GA/US"},
		{"Texas - Remote; Georgia - Remote", "R:/TX/US~US R:/GA/US~US"},
		{"CA", "//"},
		{"Toronto, CA", "Toronto/ON/CA"},
		{"Irvine, CA", "Irvine/CA/US"},
		{"Darmstadt, DE", "Darmstadt/HE/DE"},
		{"Dover, DE", "Dover/DE/US"},
		{"JP - HQ - Tokyo", "Tokyo//JP"},
		{"IN - Indianapolis", "Indianapolis/IN/US"},
		{"APAC - India - Pune", "Pune/MH/IN"},
		{"USA - New York NY", "New York/NY/US"},
		{"USA, WA, Seattle", "Seattle/WA/US"},
		{"US, CA, Santa Clara", "Santa Clara/CA/US"},
		{"Boulder, Colorado, United States, Madison, Wisconsin, United States", "Boulder/CO/US Madison/WI/US"},
		{"Remote; US, Canada, UK", "R://US~US R://CA~CA R://GB~GB"},
		{"Mather HQ (Evanston, IL)", "Evanston/IL/US"},
		{"Helsinki, Uusimaa, Finland", "Helsinki//FI"},
		{"Le Bourg-sur-Rien, France", "Le Bourg-sur-Rien//FR"},
		{"Smallville, KS", "Smallville/KS/US"},
		{"Lebanon, NH", "Lebanon/NH/US"},
		{"Washington, DC", "Washington/DC/US"},
		{"Washington, District of Columbia, United States", "Washington/DC/US"},
		{"Washington D.C.", "Washington/DC/US"},
		{"Seattle, Washington", "Seattle/WA/US"},
		{"Washington", "/WA/US"},
		{"Perth, WA", "Perth/WA/AU"},
		{"Perth, Scotland", "Perth/SCT/GB"},
		{"Sydney, NSW", "Sydney/NSW/AU"},
		{"Melbourne, Victoria, Australia", "Melbourne/VIC/AU"},
		{"Victoria, Canada", "Victoria/BC/CA"},
		{"San Francisco, CA or Remote (US)", "San Francisco/CA/US R://US~US"},
		{"Remote", "R://"},
		{"Remote - Worldwide", "R://~worldwide"},
		{"Anywhere", "//~worldwide"},
		{"Headquarters", ""},
		{"São Paulo, Brasil", "São Paulo/SP/BR"},
		{"Hong Kong, Hong Kong SAR", "Hong Kong//HK"},
		{"Remote in Germany", "R://DE~DE"},
		{"London & New York", "London/ENG/GB New York/NY/US"},
		{"Bosnia and Herzegovina", "//BA"},
		{"Tel Aviv-Yafo, Israel", "Tel Aviv//IL"},
		{"Mexico City, Mexico", "Mexico City//MX"},
		{"Albuquerque, New Mexico", "Albuquerque/NM/US"},
		{"Lebanon, MO", "Lebanon/MO/US"},
		{"Remote, GA", "R:/GA/US~US"},
		{"Remote - CA", "R://"},
		{"Remote (EST)", "R://"},
		{"Smallville, Tx", "Smallville/TX/US"},
		{"Montreal, Canada", "Montreal/QC/CA"},
		{"tel aviv", "Tel Aviv//IL"},
		{"Berlin, Oslo, Remote", "Berlin/BE/DE Oslo//NO R://"},
		{"Toronto, Remote-Canada", "Toronto/ON/CA R://CA~CA"},
		{"Berlin, Remote", "R:Berlin/BE/DE~DE"},
		{"Richmond, North Yorkshire", "Richmond/ENG/GB"},
		{"Oldthorpe, Suffolk", "Oldthorpe/ENG/GB"},
		{"Norfolk, VA", "Norfolk/VA/US"},
		{"Norfolk", "Norfolk//"},
		{"Malta", "//MT"},
		{"Armenia", "//AM"},
		{"Lagos-Nigeria", "Lagos//NG"},
		{"India-Karnataka", "/KA/IN"},
		{"Smallville KS", "Smallville/KS/US"},
		{"Acme US", "//US"},
		{"Hybrid", ""},
		{"東京", "Tokyo//JP"},
	}
	g := loadGazetteer()
	for _, tt := range tests {
		if got := show(g.parse(tt.in)); got != tt.want {
			t.Errorf("%-50q\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func TestLocationAddress(t *testing.T) {
	t.Parallel()
	yes := true
	tests := map[string]struct {
		rec  posting.Record
		want string
	}{
		"parts":           {posting.Record{Places: []posting.Place{{Text: "HQ", City: "San Francisco", Region: "California", Country: "United States"}}}, "San Francisco/CA/US"},
		"code":            {posting.Record{Places: []posting.Place{{City: "Köln", Country: "DE"}}}, "Cologne/NW/DE"},
		"remote office":   {posting.Record{Places: []posting.Place{{Text: "Remote (US)", City: "San Francisco", Country: "USA"}}}, "R://US~US"},
		"flag":            {posting.Record{Remote: &yes, Places: []posting.Place{{Text: "Spain"}}}, "R://ES~ES"},
		"more in text":    {posting.Record{Places: []posting.Place{{Text: "SF or Berlin", City: "San Francisco", Region: "CA", Country: "US"}}}, "San Francisco/CA/US Berlin/BE/DE"},
		"same twice":      {posting.Record{Places: []posting.Place{{Text: "Berlin"}, {Text: "Berlin, Germany"}}}, "Berlin/BE/DE"},
		"unknown text":    {posting.Record{Places: []posting.Place{{Text: "Workstream Hubs"}}}, "//"},
		"wrong country":   {posting.Record{Places: []posting.Place{{Text: "Moab Office", City: "Moab", Region: "Utah", Country: "United Kingdom"}}}, "Moab/UT/US"},
		"country as city": {posting.Record{Places: []posting.Place{{Text: "France", City: "France", Country: "France"}}}, "//FR"},
		"quarter":         {posting.Record{Places: []posting.Place{{Text: "Malaysia", City: "Anvil Park, Petaling Jaya", Country: "Malaysia"}}}, "Petaling Jaya//MY"},
		"namesake":        {posting.Record{Places: []posting.Place{{City: "Paris", Region: "Texas", Country: "France"}}}, "Paris/IDF/FR"},
		"unknown city":    {posting.Record{Places: []posting.Place{{City: "Smallville", Region: "Utah", Country: "United Kingdom"}}}, "Smallville//GB"},
		"no country part": {posting.Record{Places: []posting.Place{{City: "Portland", Region: "OR"}}}, "Portland/OR/US"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, show(locations(tt.rec, document{}, workplace(tt.rec, document{})))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzLocation(f *testing.F) {
	for _, s := range []string{"Berlin, DE", "Remote - US; CA", "a-b-US", "US-", "(((,", "Georgia, Georgia", "Washington, DC", "\xff,,--|"} {
		f.Add(s, s)
	}
	g := loadGazetteer()
	f.Fuzz(func(t *testing.T, s, country string) {
		for _, l := range locations(posting.Record{Places: []posting.Place{{Text: s}, {City: s, Region: s, Country: country}}}, document{}, "") {
			if l.Country != "" && !g.alpha2[l.Country] || l.Region != "" && l.Country == "" {
				t.Fatalf("%q: %+v", s, l)
			}
		}
	})
}
