package enrich

import (
	"slices"
	"strings"
)

// headerBars is how many bars make a title the header line of a thread's post ("Acme | Backend
// Engineer, Designer | Oslo | Remote"): boards use one bar at most.
const headerBars = 2

// listSegments is how many segments, each a role by itself, make a title a list of roles.
const listSegments = 3

// roleOfTitle is roleOf, but for header lines and plain lists of roles, whose segments each count for
// themselves: there "Software Engineer, Machine Learning Engineer" advertises two jobs.
func (r *titleRules) roleOfTitle(title string, words []titleWord) titleRole {
	segments := r.segments(words)
	header := strings.Count(title, "|") >= headerBars
	if !header && !isRoleList(words, segments) {
		return r.roleOf(words)
	}
	var out titleRole
	var roles []string
	headed := 0
	for _, s := range segments {
		if _, ok := mainHead(s.heads, s.cut); !ok {
			continue
		}
		one := r.roleOf(words[s.start:s.end])
		if one.role == roleOther {
			continue
		}
		headed++
		if out.role == "" {
			out = one
		}
		for _, role := range append([]string{one.role}, one.roles...) {
			if !slices.Contains(roles, role) {
				roles = append(roles, role)
			}
		}
	}
	switch {
	case headed == 1 && len(segments) > 1 && len(segments[0].heads) == 0:
		return r.roleOf(words[segments[1].start:]) // the employer's name ("Fern.ai") refines nothing
	case headed == 1:
		return r.roleOf(words) // one job, whose other segments refine it
	case headed == 0:
		return r.roleOfBareTitles(words, segments)
	}
	out.roles = nil
	if len(roles) > 1 {
		out.roles = roles
	}
	return out
}

// roleOfBareTitles reads a header without a head that means something: only a bare title ("Data
// Science Lead") can still say the role there, because the other segments are names and places.
func (r *titleRules) roleOfBareTitles(words []titleWord, segments []titleSegment) titleRole {
	for _, s := range segments {
		if len(s.heads) == 0 {
			continue
		}
		if one := r.roleOf(words[s.start:s.end]); one.role != roleOther {
			return one
		}
	}
	return titleRole{role: roleOther}
}

// isRoleList reports whether a title is nothing but roles: at least three segments that each end
// with a head.
func isRoleList(words []titleWord, segments []titleSegment) bool {
	if len(segments) < listSegments {
		return false
	}
	for _, s := range segments {
		head, ok := mainHead(s.heads, s.cut)
		if !ok || head.end != s.end || head.rule.kind == headManager {
			return false
		}
	}
	return true
}
