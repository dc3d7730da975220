package web

import (
	"context"
	"net/http"
)

func (s *server) role(context.Context, *http.Request) (view, error)     { return view{}, errNoPage }
func (s *server) skills(context.Context, *http.Request) (view, error)   { return view{}, errNoPage }
func (s *server) skill(context.Context, *http.Request) (view, error)    { return view{}, errNoPage }
func (s *server) postings(context.Context, *http.Request) (view, error) { return view{}, errNoPage }
func (s *server) posting(context.Context, *http.Request) (view, error)  { return view{}, errNoPage }
