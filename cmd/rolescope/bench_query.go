package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rolescope/rolescope/store"
)

const (
	// benchChunk is how many adverts one statement writes: within the engine's memory, and what is lost
	// when it is interrupted.
	benchChunk = 100_000
	// benchBoards is how many boards' daily runs of five years one statement writes: 360,000 rows.
	benchBoards = 200
	// benchEnough is how long one question is repeated: one that takes minutes is not asked seven times.
	benchEnough = 20 * time.Second
)

// benchQueryOptions are the flags of bench query.
type benchQueryOptions struct {
	sizes  []int
	seed   uint64
	repeat int
	dir    string
	keep   bool
	cold   bool
	// refresh is false for the questions as they are before the store's first refresh.
	refresh bool
	only    string
	asJSON  bool
}

func newBenchQueryCommand(a *app) *cobra.Command {
	o := benchQueryOptions{sizes: []int{300_000}, seed: 1, repeat: 7, cold: true, refresh: true}
	c := &cobra.Command{
		Use:   "query",
		Short: "Time of each question at growing numbers of postings",
		Long: `Fill a store of its own with invented postings and time the questions of trend, the pages of the
dashboard and the rebuild of a month that late data touched, at each number of postings.

The market is the same for the same seed, and a larger one begins with the smaller: 25 skills an advert of
600, 24 roles and 2,000 employers with sizes that fall as 1 / rank, 8 % copies for another city, spells
within 60 months, one advert in ten with a former version, a run of each board every day. The last
hundredth of the postings lies in parts that are not merged yet.

Cold is the first answer of an engine that was just started, after the kernel was asked to forget the
files; warm is the median of the repeated ones after it. Questions and pages ask as the dashboard does, as a reader
on one thread; status and the rebuild as the pipeline does. A page is made anew each time by a dashboard
that remembers nothing; the line ", again" is the same page asked again while nothing is stored, which costs a look
whether that is so. CPU MS is
what the process and its engine used for a warm one, which tells more where other programs run at the same
time. GROWTH is the warm time over that of the size before.
Five years of three million postings take 12 GB of disk.` + exitStatusHelp(exitOK, exitError, exitPartial),
		Example: `  rolescope bench query
  rolescope bench query --postings 300000,1000000,3000000 --data DIR --json
  rolescope bench query --data DIR --keep --only '^page' --cold=false`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.repeat < 1 || len(o.sizes) == 0 || slices.Min(o.sizes) < 1000 {
				return usageError{errors.New("--repeat: 1 or more, --postings: 1000 or more")}
			}
			if _, err := regexp.Compile(o.only); err != nil {
				return usageError{fmt.Errorf("--only: %w", err)}
			}
			slices.Sort(o.sizes)
			return a.benchQuery(cmd.Context(), o)
		},
	}
	c.Flags().IntSliceVar(&o.sizes, "postings", o.sizes, "numbers of postings, each measured")
	c.Flags().Uint64Var(&o.seed, "seed", o.seed, "of the invented market")
	c.Flags().IntVar(&o.repeat, "repeat", o.repeat, "warm runs of each question; fewer of one that takes longer than 20 seconds for all")
	c.Flags().StringVar(&o.dir, "data", "", "directory for the invented data, which goes on with what it holds; without it a temporary one")
	c.Flags().BoolVar(&o.keep, "keep", false, "do not delete the invented data")
	c.Flags().BoolVar(&o.cold, "cold", o.cold, "also time each question cold")
	c.Flags().BoolVar(&o.refresh, "refresh", o.refresh, "refresh the rollups before the questions; without it they are asked of the base tables where they can be")
	c.Flags().StringVar(&o.only, "only", "", "only questions whose name matches this regular expression")
	c.Flags().BoolVar(&o.asJSON, "json", false, "print JSON, also on a terminal")
	return c
}

// benchQueryReport is the answer of bench query.
type benchQueryReport struct {
	Date     time.Time        `json:"date"`
	Version  string           `json:"version"`
	Seed     uint64           `json:"seed"`
	Repeat   int              `json:"repeat"`
	Engine   string           `json:"engine"`
	MemoryMB int64            `json:"engine_memory_mib"`
	Platform string           `json:"platform"`
	CPUs     int              `json:"cpus"`
	Sizes    []benchQuerySize `json:"sizes"`
}

// benchQuerySize is all answers at one number of postings.
type benchQuerySize struct {
	Postings  int     `json:"postings"`
	Vacancies uint64  `json:"vacancies"`
	DiskMB    uint64  `json:"disk_mb"`
	Refresh   float64 `json:"refresh_ms,omitempty"` // of what was written since the size before
	// RefreshCPU is what the process and its engine used for it.
	RefreshCPU float64          `json:"refresh_cpu_ms,omitempty"`
	Load       string           `json:"load_average"` // of the machine when the questions began
	LoadAfter  string           `json:"load_average_after"`
	Questions  []benchQueryLine `json:"questions"`
}

// benchQueryLine is one question at one number of postings. Times are in milliseconds.
type benchQueryLine struct {
	Name    string  `json:"name"`
	Cold    float64 `json:"cold_ms,omitempty"`
	Warm    float64 `json:"warm_ms,omitempty"` // median
	Fastest float64 `json:"fastest_ms,omitempty"`
	Slowest float64 `json:"slowest_ms,omitempty"`
	CPU     float64 `json:"cpu_ms,omitempty"` // median of the warm runs', by ticks of 10 ms, the engine's included; on Linux
	Runs    int     `json:"runs,omitempty"`
	Growth  float64 `json:"growth,omitempty"`
	Error   string  `json:"error,omitempty"`
}

// benchQuery fills, measures and prints.
func (a *app) benchQuery(ctx context.Context, o benchQueryOptions) (err error) {
	b := &benchStore{app: a, o: o}
	if b.config, err = loadConfig(ctx, a.environ); err != nil {
		return err
	}
	if err := b.prepare(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	r := benchQueryReport{
		Date: time.Now().UTC().Truncate(time.Second), Version: version, Seed: o.seed, Repeat: o.repeat,
		MemoryMB: b.config.EngineMemoryMiB, Platform: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(),
	}
	failed := false
	for _, size := range o.sizes {
		if err := b.fill(ctx, size); err != nil {
			return err
		}
		s, err := b.measure(ctx, size)
		if err != nil {
			return err
		}
		for i, q := range s.Questions {
			failed = failed || q.Error != ""
			if len(r.Sizes) > 0 {
				s.Questions[i].Growth = growth(r.Sizes[len(r.Sizes)-1].Questions, q)
			}
		}
		r.Sizes, r.Engine = append(r.Sizes, s), b.engine
	}
	if err := a.show(r, o.asJSON); err != nil || !failed {
		return err
	}
	return exitStatus(exitPartial)
}

// growth is a question's warm time over the one it had at the size before; 0 when either is unknown.
func growth(before []benchQueryLine, now benchQueryLine) float64 {
	i := slices.IndexFunc(before, func(q benchQueryLine) bool { return q.Name == now.Name })
	if i < 0 || before[i].Warm == 0 {
		return 0
	}
	return math.Round(100*now.Warm/before[i].Warm) / 100
}

// loadAverage is the machine's, of the last minute; empty where the kernel does not tell.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	one, _, _ := strings.Cut(string(text), " ")
	return one
}

func (r benchQueryReport) print(w io.Writer) error {
	for _, s := range r.Sizes {
		fmt.Fprintf(w, "%s postings, %s vacancies, %s MB on disk; seed %d, ClickHouse %s with %s MiB, %d CPUs, load average %s to %s\n",
			count(s.Postings), count(s.Vacancies), count(s.DiskMB), r.Seed, r.Engine, count(r.MemoryMB), r.CPUs, orDash(s.Load), orDash(s.LoadAfter))
		if s.Refresh > 0 {
			fmt.Fprintf(w, "the rollups of what was written since the size before were made in %.0f s\n", s.Refresh/1000)
		}
		rows := [][]string{{"", "COLD MS", "WARM MS", "FASTEST", "SLOWEST", "CPU MS", "RUNS", "GROWTH"}}
		for _, q := range s.Questions {
			row := []string{q.Name, millis(q.Cold), millis(q.Warm), millis(q.Fastest), millis(q.Slowest), millis(q.CPU), count(q.Runs), "-"}
			if q.Growth > 0 {
				row[7] = fmt.Sprintf("%.2f", q.Growth)
			}
			rows = append(rows, row)
		}
		if err := writeTable(w, rows); err != nil {
			return err
		}
		for _, q := range s.Questions {
			if q.Error != "" {
				fmt.Fprintf(w, "%s: %s\n", q.Name, printable(q.Error))
			}
		}
		fmt.Fprintln(w)
	}
	return nil
}

func millis(ms float64) string {
	if ms == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", ms)
}

// benchState is what a directory of invented data holds, written after each step.
type benchState struct {
	Seed     uint64 `json:"seed"`
	Postings int    `json:"postings"`
	Boards   int    `json:"boards"` // whose runs are written
	Late     uint64 `json:"late"`   // number of the last advert that was written to touch a month
}

// benchStore is a store of invented data in a directory of its own.
type benchStore struct {
	app    *app
	o      benchQueryOptions
	config config
	state  benchState
	store  *store.Store
	engine string // version
}

func (b *benchStore) statePath() string { return filepath.Join(b.o.dir, "bench-query.json") }
