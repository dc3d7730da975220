// Package web is the dashboard and its JSON API: pages rendered on the server from the answers of
// trend, with the files they need embedded, and the health and metrics doors beside them. It is not
// where a number is computed (trend) and decides nothing about adverts (enrich).
//
// cmd builds the handler with New and serves it. It must not know the store, ClickHouse, NATS, the
// environment or the clock. Everything it shows comes from strangers' adverts: pages are written by
// html/template only, and a policy (see guard.go) forbids what could slip through.
package web

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// Options say what the dashboard shows and how it reads it.
type Options struct {
	Querier trend.Querier // the read-only questions
	// Follower tells whether an answer would be the same again; nil: each is made anew after memoryAge.
	Follower Follower
	Ready    func(context.Context) error // nil when the servers answer; /readyz says what does not
	Actions  Actions                     // what readers may do; nil: nothing
	Metrics  http.Handler                // served at /metrics; nil: 404
	Notice   string                      // shown at the top of every page, e.g. that the market is simulated
	Version  string                      // of the binary
	Now      func() time.Time
	Logger   *slog.Logger
	// Program is how a reader's shell calls rolescope on this data, such as "ROLESCOPE_DATA_DIR=/data
	// rolescope"; the figures' SQL begins with it. Empty is "rolescope".
	Program string
	// Hosts are the names, beside localhost and any IP address, under which browsers may ask. Another
	// name is refused, so that no foreign page can read this one through a name of its own (DNS rebinding).
	Hosts []string
}

// readyTimeout is what a probe waits for.
const readyTimeout = 2 * time.Second

// plainText is the media type of what is no page.
const plainText = "text/plain; charset=utf-8"

//go:embed templates/*.html
var templateFiles embed.FS

// server answers requests. Its fields do not change after New, but for what memory, follow and catalog hold.
type server struct {
	Options
	pages   map[string]*template.Template
	assets  map[string]asset
	turns   turns
	memory  *memory
	follow  *follow
	catalog *catalogue
}

// New builds the handler. It does no I/O beyond the embedded files and starts nothing.
func New(o Options) (*Dashboard, error) {
	if o.Querier == nil || o.Now == nil {
		return nil, errors.New("build dashboard: Querier and Now are needed")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Program == "" {
		o.Program = "rolescope"
	}
	f := &follow{Follower: o.Follower, now: o.Now, turn: make(chan struct{}, 1), told: map[string]bool{}, warn: func(err error) {
		o.Logger.Warn("pages are made anew every few seconds: nobody tells whether something was stored", "error", err)
	}}
	o.Querier = following{o.Querier, f}
	s := &server{
		Options: o, follow: f, turns: newTurns(), memory: &memory{now: o.Now, all: map[string]*kept{}},
		catalog: &catalogue{turn: make(chan struct{}, 1)},
	}
	var err error
	if s.assets, err = readAssets(); err != nil {
		return nil, err
	}
	if s.pages, err = s.parsePages(); err != nil {
		return nil, err
	}
	return &Dashboard{s.guard(s.routes()), s}, nil
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("/readyz", s.ready)
	if s.Metrics != nil {
		mux.Handle("/metrics", s.Metrics)
	}
	mux.HandleFunc("/static/", s.static)
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, s.assetURL("favicon.svg"), http.StatusFound)
	})
	for pattern, answer := range map[string]func(context.Context, *http.Request) (view, error){
		"/{$}":           s.overview,
		"/roles/{role}":  s.role,
		"/skills":        s.skills,
		"/skills/{id}":   s.skill,
		"/postings":      s.postings,
		"/postings/{id}": s.posting,
		"/alerts":        s.alerts,
	} {
		mux.HandleFunc(pattern, s.page(answer))
	}
	s.actRoutes(mux)
	mux.HandleFunc("/about", s.leaf(view{"about", "What the figures mean", nil}, http.StatusOK))
	missing, status := tell(errNoPage)
	mux.HandleFunc("/", withoutSlash(s.leaf(view{"error", missing.Title, missing}, status)))
	mux.HandleFunc("/roles", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }) // the overview lists them
	for name, answer := range s.apiQuestions() {
		mux.HandleFunc("/api/v1/"+name, s.api(answer))
	}
	mux.HandleFunc("/api/", s.api(func(context.Context, *http.Request) (any, error) { return nil, errNoPage }))
	return mux
}

func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", plainText)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(clean([]byte(text + "\n")))
}

// view is a page to be rendered: a template and what it shows.
type view struct {
	Name  string // of the file in templates, without .html
	Title string
	Data  any
}

// frame is what every page's template gets.
type frame struct {
	view
	Notice, Version string
	Section         string // the first part of the path, for the navigation
	Assets          map[string]string
}

func (s *server) parsePages() (map[string]*template.Template, error) {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		if base := strings.TrimSuffix(path.Base(name), ".html"); base != "layout" && base != "parts" {
			t, err := template.New("layout.html").Funcs(s.functions()).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html", name)
			if err != nil {
				return nil, fmt.Errorf("parse template %s: %w", name, err)
			}
			pages[base] = t
		}
	}
	return pages, nil
}

// page answers with the rendered view, or with the page that tells the error.
func (s *server) page(answer func(context.Context, *http.Request) (view, error)) http.HandlerFunc {
	return s.remembered(func(ctx context.Context, r *http.Request) reply {
		v, err := inTurn(ctx, s, r, answer)
		if err == nil {
			return s.render(r, http.StatusOK, v)
		}
		return s.wrong(r, err)
	}, s.wrong)
}

// wrong is the page that tells an error.
func (s *server) wrong(r *http.Request, err error) reply {
	told, status := tell(err)
	s.logError(r, status, err)
	out := s.render(r, status, view{"error", told.Title, told})
	out.retry = errors.Is(err, errBusy)
	return out
}

// leaf answers with a page that needs nothing of the store.
func (s *server) leaf(v view, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.render(r, status, v).write(w) }
}

// withoutSlash sends who asks for a page with a slash at its end to the page.
func withoutSlash(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/") || r.URL.Path == "/" {
			next(w, r)
			return
		}
		// path.Clean leaves one slash in front, so that this never names another host.
		to := url.URL{Path: path.Clean("/" + r.URL.Path), RawQuery: r.URL.RawQuery}
		http.Redirect(w, r, to.String(), http.StatusMovedPermanently)
	}
}

func (s *server) render(r *http.Request, status int, v view) reply {
	section, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	f := frame{view: v, Notice: s.Notice, Version: s.Version, Section: section, Assets: s.assetURLs()}
	var page bytes.Buffer
	if err := s.pages[v.Name].Execute(&page, f); err != nil {
		s.logError(r, http.StatusInternalServerError, err)
		return reply{status: http.StatusInternalServerError, kind: plainText, body: []byte("This page could not be written. The log says why.\n")}
	}
	return reply{status: status, kind: "text/html; charset=utf-8", body: clean(page.Bytes())}
}

func (s *server) logError(r *http.Request, status int, err error) {
	if status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) && !isWarm(r.Context()) { // who left needs no answer; Warm tells its own
		s.Logger.WarnContext(r.Context(), "request failed", "path", r.URL.Path, "status", status, "error", err)
	}
}

// recovered turns a panic into a page; the log has the stack.
func (s *server) recovered(w http.ResponseWriter, r *http.Request) {
	if p := recover(); p != nil {
		if p == http.ErrAbortHandler {
			panic(p)
		}
		s.Logger.ErrorContext(r.Context(), "request panicked", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		s.render(r, http.StatusInternalServerError, view{"error", "Something is wrong here", problem{
			Title: "Something is wrong here", Text: "This page failed in a way that should not happen. The log has the details.",
		}}).write(w)
	}
}
