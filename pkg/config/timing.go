package config

import (
	"time"

	"github.com/kactl/kactl/pkg/syntax"
)

// timing is when a check is made. A virtual_server's holds for its real
// servers, a real server's for its checks; nil is not set.
type timing struct {
	loop, retryDelay, timeout, warmup *time.Duration
	retries                           *int
}

// or returns t with what it lacks from outer.
func (t timing) or(outer timing) timing {
	for _, p := range []struct{ to, from **time.Duration }{
		{&t.loop, &outer.loop}, {&t.retryDelay, &outer.retryDelay}, {&t.timeout, &outer.timeout}, {&t.warmup, &outer.warmup},
	} {
		if *p.to == nil {
			*p.to = *p.from
		}
	}
	if t.retries == nil {
		t.retries = outer.retries
	}
	return t
}

// timingKeywords are those that virtual_server, real_server and the checks
// share. The limits of the number of retries differ.
func timingKeywords(of func(*decoder) *timing, retries *Limits) []Keyword {
	duration := func(k Keyword, field func(*timing) **time.Duration) Keyword {
		k.Args, k.Need, k.Unit, k.Effect = "SECONDS", 1, "s", true
		k.decode = func(d *decoder, k *Keyword, s *syntax.Statement) {
			if t, ok := d.seconds(k, s, "ignores it"); ok {
				*field(of(d)) = &t
			}
		}
		return k
	}
	return []Keyword{
		duration(Keyword{Name: "delay_loop", Default: "60", Limits: decimal(0.000001, 18446744073709),
			Doc: "time between two checks"}, func(t *timing) **time.Duration { return &t.loop }),
		duration(Keyword{Name: "delay_before_retry", Default: "3 for HTTP_GET, else 1", Limits: decimal(0, 18446744073709),
			Doc: "time from a failure to the next try"}, func(t *timing) **time.Duration { return &t.retryDelay }),
		duration(Keyword{Name: "connect_timeout", Default: "5", Limits: decimal(0.000001, 4294.967295),
			Doc: "time for the connection, and for each answer"}, func(t *timing) **time.Duration { return &t.timeout }),
		duration(Keyword{Name: "warmup", Default: "delay_loop", Limits: decimal(0, 18446744073709),
			Doc: "the longest time that the first check is put off, at random"}, func(t *timing) **time.Duration { return &t.warmup }),
		{Name: "retry", Args: "NUMBER", Need: 1, Default: "1", Limits: retries, Effect: true,
			Doc: "how often a failed check is tried again before the server is down",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) {
				if n, ok := d.integer(k, s, "ignores it"); ok {
					of(d).retries = &n
				}
			}},
	}
}
