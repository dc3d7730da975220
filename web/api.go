package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// question answers a request with what will be JSON.
type question func(context.Context, *http.Request) (any, error)

// narrowed is a question about what the usual parameters let through, with one parameter of its own.
func narrowed(own string, ask func(context.Context, trend.Scope, string) (any, error)) question {
	return func(ctx context.Context, r *http.Request) (any, error) {
		f, err := scope(r)
		if err != nil {
			return nil, err
		}
		v, err := value(r, own)
		if err != nil {
			return nil, err
		}
		return ask(ctx, f, v)
	}
}

// apiQuestions are the questions that /api/v1/NAME answers with the typed answer of trend as JSON.
func (s *server) apiQuestions() map[string]question {
	return map[string]question{
		"summary":   func(ctx context.Context, _ *http.Request) (any, error) { return trend.Summary(ctx, s.Querier) },
		"catalogue": func(ctx context.Context, _ *http.Request) (any, error) { return trend.Catalogue(ctx, s.Querier) },
		"volume": narrowed("by", func(ctx context.Context, f trend.Scope, by string) (any, error) {
			return trend.VolumesOf(ctx, s.Querier, trend.VolumesQuestion{Scope: f, By: by})
		}),
		"skills": narrowed("", func(ctx context.Context, f trend.Scope, _ string) (any, error) {
			return trend.Mentions(ctx, s.Querier, trend.MentionsQuestion{Scope: f})
		}),
		"skill": narrowed("skill", func(ctx context.Context, f trend.Scope, id string) (any, error) {
			if id == "" {
				return nil, badRequest("skill: which one?")
			}
			return trend.Mentions(ctx, s.Querier, trend.MentionsQuestion{Scope: f, Skill: id})
		}),
		"posting": narrowed("id", func(ctx context.Context, _ trend.Scope, id string) (any, error) {
			return trend.Posting(ctx, s.Querier, id)
		}),
		"change": s.apiChange,
		"alerts": func(ctx context.Context, r *http.Request) (any, error) {
			q, err := alertsQuestion(r)
			if err != nil {
				return nil, err
			}
			return trend.Alerts(ctx, s.Querier, q)
		},
		"postings": func(ctx context.Context, r *http.Request) (any, error) {
			q, err := postingsQuestion(r)
			if err != nil {
				return nil, err
			}
			return trend.Postings(ctx, s.Querier, q)
		},
	}
}

func (s *server) apiChange(ctx context.Context, r *http.Request) (any, error) {
	f, err := scope(r)
	if err != nil {
		return nil, err
	}
	q := trend.ChangeQuestion{Scope: f}
	for name, at := range map[string]*time.Time{
		"before_from": &q.Before.From, "before_to": &q.Before.To, "after_from": &q.After.From, "after_to": &q.After.To,
	} {
		if *at, err = day(r, name); err != nil {
			return nil, err
		}
	}
	return trend.Change(ctx, s.Querier, q)
}

// api answers with JSON, errors too: {"error", "text", "cause"}.
func (s *server) api(answer question) http.HandlerFunc {
	return s.remembered(func(ctx context.Context, r *http.Request) reply {
		content, err := inTurn(ctx, s, r, answer)
		if err != nil {
			return s.wrongJSON(r, err)
		}
		return s.json(r, reply{status: http.StatusOK}, content)
	}, s.wrongJSON)
}

// wrongJSON is the answer that tells an error.
func (s *server) wrongJSON(r *http.Request, err error) reply {
	told, status := tell(err)
	s.logError(r, status, err)
	return s.json(r, reply{status: status, retry: errors.Is(err, errBusy)}, told)
}

func (s *server) json(r *http.Request, out reply, content any) reply {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(content); err != nil {
		s.logError(r, http.StatusInternalServerError, err)
		return reply{status: http.StatusInternalServerError, kind: plainText, body: []byte("This answer could not be written. The log says why.\n")}
	}
	out.kind, out.body = "application/json; charset=utf-8", body.Bytes()
	return out
}
