package config

import (
	"iter"
	"strings"
)

// Nearest returns the one of names that name will have been meant to be, or
// nothing if none is alike. Characters that look alike count as equal.
func Nearest(name string, names iter.Seq[string]) string {
	if len(name) > 60 {
		return ""
	}
	best, limit := "", min(3, 1+len(name)/5)+1
	plain := lookalike.Replace(strings.ToLower(name))
	for other := range names {
		if n := distance(plain, lookalike.Replace(strings.ToLower(other)), limit); n < limit {
			best, limit = other, n
		}
	}
	return best
}

// mostGuesses bounds how many names of the file are compared for its hints, for
// thousands of unknown names among thousands of known ones.
const mostGuesses = 200_000

// nearestName is the hint for a name that none of things has. Those that of
// gives no name are not meant.
func nearestName[T any](d *decoder, name string, things []T, of func(T) string) string {
	if d.guesses += len(things); d.guesses > mostGuesses {
		return ""
	}
	best, limit := "", 4
	for _, t := range things {
		other := of(t)
		if other == "" {
			continue
		}
		if n := distance(lookalike.Replace(name), lookalike.Replace(other), limit); n < limit {
			best, limit = other, n
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}
