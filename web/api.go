package web

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/rolescope/rolescope/trend"
)

// apiQuestions are the questions that /api/v1/NAME answers with the typed answer of trend as JSON.
func (s *server) apiQuestions() map[string]func(context.Context, *http.Request) (any, error) {
	return map[string]func(context.Context, *http.Request) (any, error){
		"summary": func(ctx context.Context, _ *http.Request) (any, error) { return trend.Summary(ctx, s.Querier) },
		"volume": func(ctx context.Context, r *http.Request) (any, error) {
			f, err := filter(r)
			if err != nil {
				return nil, err
			}
			by, err := value(r, "by")
			if err != nil {
				return nil, err
			}
			return trend.Volume(ctx, s.Querier, trend.VolumeQuestion{Filter: f, By: by})
		},
		"skills": func(ctx context.Context, r *http.Request) (any, error) {
			f, err := filter(r)
			if err != nil {
				return nil, err
			}
			return trend.Skills(ctx, s.Querier, trend.SkillsQuestion{Filter: f})
		},
		"skill": func(ctx context.Context, r *http.Request) (any, error) {
			f, err := filter(r)
			if err != nil {
				return nil, err
			}
			id, err := value(r, "skill")
			if err != nil {
				return nil, err
			}
			return trend.Skill(ctx, s.Querier, trend.SkillQuestion{Filter: f, Skill: id})
		},
		"movers": func(ctx context.Context, r *http.Request) (any, error) {
			question := trend.MoversQuestion{}
			var err error
			if question.Role, err = value(r, "role"); err != nil {
				return nil, err
			}
			if question.Companies, err = values(r, "company"); err != nil {
				return nil, err
			}
			for name, at := range map[string]*time.Time{
				"before_from": &question.Before.From, "before_to": &question.Before.To, "after_from": &question.After.From, "after_to": &question.After.To,
			} {
				if *at, err = day(r, name); err != nil {
					return nil, err
				}
			}
			return trend.Movers(ctx, s.Querier, question)
		},
		"postings": func(ctx context.Context, r *http.Request) (any, error) {
			question, err := postingsQuestion(r)
			if err != nil {
				return nil, err
			}
			return trend.Postings(ctx, s.Querier, question)
		},
		"posting": func(ctx context.Context, r *http.Request) (any, error) {
			id, err := value(r, "id")
			if err != nil {
				return nil, err
			}
			return trend.Posting(ctx, s.Querier, id)
		},
		"catalogue": func(ctx context.Context, _ *http.Request) (any, error) { return trend.Catalogue(ctx, s.Querier) },
	}
}

// api answers with JSON, errors too: {"error", "text", "cause"}.
func (s *server) api(answer func(context.Context, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerTimeout)
		defer cancel()
		status := http.StatusOK
		body, err := inTurn(ctx, s, r, answer)
		if err != nil {
			body, status = tell(err)
			s.logError(r, status, err)
		}
		var out bytes.Buffer
		if err := json.NewEncoder(&out).Encode(body); err != nil {
			s.logError(r, http.StatusInternalServerError, err)
			plain(w, http.StatusInternalServerError, "This answer could not be written. The log says why.")
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Cache-Control", "no-cache")
		w.WriteHeader(status)
		_, _ = w.Write(out.Bytes())
	}
}
