package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/enrich"
	"github.com/rolescope/rolescope/enrich/unlisted"
	"github.com/rolescope/rolescope/ingest/source"
	simmarket "github.com/rolescope/rolescope/internal/market"
	"github.com/rolescope/rolescope/posting"
)

// benchCopies is how often the memory copy goes over the corpus in one run: once is too short to time.
const benchCopies = 32

func newBenchCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Speed beside the limit measured in the same run",
		Long:  `Measure how fast this machine does the work, beside what it could do at most.`,
		Args:  knownCommand,
		RunE:  showHelp,
	}
	c.AddCommand(newBenchTagCommand(a), newBenchQueryCommand(a))
	return c
}

func newBenchTagCommand(a *app) *cobra.Command {
	var asJSON bool
	repeat, most := 5, 2000
	c := &cobra.Command{
		Use:   "tag [FILE]",
		Short: "Speed of the tagger on one core, step by step",
		Long: `Tag postings on one core and say how fast each step is and the whole, beside a memory copy of the same
bytes and cutting them into words, which no tagger over words can do without. Bytes are those of title
and description as they come. FILE has postings as rolescope tag reads them, plain or gzip; without it
they are invented, always the same ones. Everything is in memory before the clock starts, the garbage
collector's work is included, and a run that warms up is left out. The clock is the process's CPU time,
which stands still while others have the core. The trained tagger of phrases, which the pipeline
calls after the whole, has a line of its own. The median of the repeated runs is given, with the
fastest and the slowest: on a machine with other work they lie apart, because it shares the caches.` + exitStatusHelp(exitOK, exitError, exitPartial),
		Example: `  rolescope bench tag
  rolescope bench tag --repeat 21 --json postings.jsonl.gz`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if repeat < 1 || most < 1 {
				return usageError{errors.New("--repeat, --postings: 1 or more")}
			}
			return a.benchTag(args, repeat, most, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON, also on a terminal")
	c.Flags().IntVar(&repeat, "repeat", repeat, "measured runs")
	c.Flags().IntVar(&most, "postings", most, "postings at most; the first of FILE")
	return c
}

// benchReport is the answer of bench tag.
type benchReport struct {
	Corpus        string      `json:"corpus"`
	Postings      int         `json:"postings"`
	Bytes         int64       `json:"bytes"`
	Repeat        int         `json:"repeat"`
	TaggerVersion string      `json:"tagger_version"`
	Go            string      `json:"go"`
	Platform      string      `json:"platform"`
	Lines         []benchLine `json:"lines"`
}

// benchLine is the speed of one piece of work over the whole corpus, on one core.
type benchLine struct {
	Name           string  `json:"name"`
	PostingsSecond float64 `json:"postings_per_second"`
	MBSecond       float64 `json:"mb_per_second"` // 10^6 bytes
	NsByte         float64 `json:"ns_per_byte"`   // median
	NsByteFastest  float64 `json:"ns_per_byte_fastest"`
	NsByteSlowest  float64 `json:"ns_per_byte_slowest"`
	Share          float64 `json:"share_of_steps,omitempty"` // of a step in the sum of all steps
}

// benchTag measures and prints.
func (a *app) benchTag(args []string, repeat, most int, asJSON bool) error {
	tagger, err := enrich.New()
	if err != nil {
		return err
	}
	extra, err := unlisted.New(tagger.Knows)
	if err != nil {
		return err
	}
	raws, name, status := []posting.Raw(nil), "simulated market", error(nil)
	if len(args) > 0 {
		name = args[0]
		raws, status, err = a.benchFile(name, most)
	} else {
		raws, err = benchMarket(most)
	}
	if err != nil {
		return err
	}
	if len(raws) == 0 {
		return hintf("rolescope bench tag --help", "no postings in %s", name)
	}
	// One core: what the garbage collector does counts, instead of happening beside.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r, err := measureTagger(tagger, extra, raws, repeat)
	if err != nil {
		return err
	}
	r.Corpus = name
	return errors.Join(a.show(r, asJSON), status)
}

// benchFile reads the first postings of a file. status is exit status 3 if lines could not be used.
func (a *app) benchFile(name string, most int) (raws []posting.Raw, status, err error) {
	in, closeFile, err := a.openLines(name)
	if err != nil {
		return nil, nil, err
	}
	defer closeFile()
	err = readLines(in, tagLineBytesMax, func(number int, line []byte, err error) error {
		var raw posting.Raw
		if err == nil {
			raw, err = readPosting(line)
		}
		if err != nil {
			fmt.Fprintf(a.stderr, "rolescope: %s line %d: %v\n", name, number, err)
			status = exitStatus(exitPartial)
			return nil
		}
		if raws = append(raws, raw); len(raws) == most {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, nil, fmt.Errorf("read %s: %w", name, err)
	}
	return raws, status, nil
}

// benchMarket is postings of the simulated market as their boards' formats give them.
func benchMarket(most int) ([]posting.Raw, error) {
	m, err := simmarket.New(simmarket.Config{})
	if err != nil {
		return nil, err
	}
	var raws []posting.Raw
	seen := map[string]bool{}
	for _, at := range m.Crawls() {
		for _, b := range m.Boards() {
			_, body := m.Answer(b.Source, b.Key.Board, at)
			kind, err := source.ByKind(b.Source)
			if err != nil {
				return nil, err
			}
			parsed, err := kind.Parse(body)
			if err != nil {
				continue // a board that has not joined yet, or fails
			}
			run := posting.NewRun(b.Source, b.Key.Board, b.Company, kind.Proof(), at, at)
			for _, rec := range parsed.Records {
				raw, err := posting.NewRaw(run, "bench", rec)
				if err != nil {
					return nil, err
				}
				if seen[raw.PostingID] {
					continue
				}
				seen[raw.PostingID] = true
				if raws = append(raws, raw); len(raws) == most {
					return raws, nil
				}
			}
		}
	}
	return raws, nil
}

// benchSink keeps the compiler from leaving work out whose result nobody wants.
type benchSink struct{ words, bytes int }

// measureTagger times each piece of work over all postings, one run of each after the other so that
// a busy moment of the machine strikes all of them.
func measureTagger(tagger *enrich.Tagger, extra *unlisted.Tagger, raws []posting.Raw, repeat int) (benchReport, error) {
	r := benchReport{Postings: len(raws), Repeat: repeat, TaggerVersion: enrich.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	longest := 0
	for _, raw := range raws {
		n := len(raw.Record.Title) + len(raw.Record.Description)
		r.Bytes += int64(n)
		longest = max(longest, n)
	}
	var sink benchSink
	room := make([]byte, longest)
	names := append([]string{"memory copy", "words only", "whole", benchUnlisted}, enrich.StepNames()...)
	took := map[string][]time.Duration{}
	for run := range repeat + 1 {
		steps, whole, err := timeChain(tagger, raws)
		if err != nil {
			return r, err
		}
		start := cpuTime()
		for range benchCopies {
			for _, raw := range raws {
				n := copy(room, raw.Record.Title)
				sink.bytes += n + copy(room[n:], raw.Record.Description)
			}
		}
		steps["memory copy"] = (cpuTime() - start) / benchCopies
		start = cpuTime()
		for _, raw := range raws {
			sink.words += tagger.Words(raw.Record.Title) + tagger.Words(raw.Record.Description)
		}
		steps["words only"] = cpuTime() - start
		steps["whole"] = whole
		if steps[benchUnlisted], err = timeUnlisted(tagger, extra, raws); err != nil {
			return r, err
		}
		if run == 0 {
			continue // warms up caches and pools
		}
		for name, d := range steps {
			took[name] = append(took[name], d)
		}
	}
	if sink.bytes == 0 && sink.words > 0 {
		return r, errors.New("the copy copied nothing")
	}
	var sum time.Duration
	for _, name := range enrich.StepNames() {
		sum += median(took[name])
	}
	for i, name := range names {
		line := lineOf(name, took[name], r)
		if i > slices.Index(names, benchUnlisted) && sum > 0 {
			line.Share = rounded(float64(median(took[name])) / float64(sum))
		}
		r.Lines = append(r.Lines, line)
	}
	return r, nil
}

// timeChain tags everything twice: watched, which gives the steps, and alone, which gives the whole.
func timeChain(tagger *enrich.Tagger, raws []posting.Raw) (steps map[string]time.Duration, whole time.Duration, err error) {
	steps = map[string]time.Duration{}
	for _, raw := range raws {
		last := cpuTime()
		_, err := tagger.Observe(raw, func(step string) {
			now := cpuTime()
			steps[step] += now - last
			last = now
		})
		if err != nil {
			return nil, 0, err
		}
	}
	start := cpuTime()
	for _, raw := range raws {
		if _, err := tagger.Enrich(raw); err != nil {
			return nil, 0, err
		}
	}
	return steps, cpuTime() - start, nil
}

// benchUnlisted is the line of the trained tagger, which is no step of the chain: the pipeline calls it after the
// whole (fullTagger).
const benchUnlisted = "unlisted, not in the whole"

// timeUnlisted finds the phrases of tagged postings; the tagging is not timed.
func timeUnlisted(tagger *enrich.Tagger, extra *unlisted.Tagger, raws []posting.Raw) (took time.Duration, err error) {
	for _, raw := range raws {
		p, err := tagger.Enrich(raw)
		if err != nil {
			return 0, err
		}
		start := cpuTime()
		extra.Phrases(p)
		took += cpuTime() - start
	}
	return took, nil
}

// cpuTime is what this process has used of all cores so far, to the microsecond.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // only a wrong argument fails
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[len(sorted)/2]
}

func lineOf(name string, took []time.Duration, r benchReport) benchLine {
	perByte := func(d time.Duration) float64 { return rounded(float64(d.Nanoseconds()) / float64(max(1, r.Bytes))) }
	mid := median(took)
	return benchLine{
		Name:           name,
		PostingsSecond: rounded(float64(r.Postings) / mid.Seconds()),
		MBSecond:       rounded(float64(r.Bytes) / 1e6 / mid.Seconds()),
		NsByte:         perByte(mid), NsByteFastest: perByte(slices.Min(took)), NsByteSlowest: perByte(slices.Max(took)),
	}
}

// rounded keeps four decimals, as many as a noisy figure can bear.
func rounded(v float64) float64 { return float64(int64(v*1e4+0.5)) / 1e4 }

func (r benchReport) print(w io.Writer) error {
	fmt.Fprintf(w, "tagger version %s by CPU time of one core: %s postings, %s bytes (%s), median of %d runs, %s %s\n\n",
		r.TaggerVersion, count(r.Postings), count(r.Bytes), printable(r.Corpus), r.Repeat, r.Go, r.Platform)
	rows := [][]string{{"", "POSTINGS/S", "MB/S", "NS/BYTE", "FASTEST", "SLOWEST", "SHARE"}}
	for _, l := range r.Lines {
		share := ""
		if l.Share > 0 {
			share = fmt.Sprintf("%.1f %%", 100*l.Share)
		}
		rows = append(rows, []string{
			l.Name, count(int64(l.PostingsSecond)), fmt.Sprintf("%.1f", l.MBSecond),
			fmt.Sprintf("%.2f", l.NsByte), fmt.Sprintf("%.2f", l.NsByteFastest), fmt.Sprintf("%.2f", l.NsByteSlowest), share,
		})
	}
	return writeTable(w, rows)
}
