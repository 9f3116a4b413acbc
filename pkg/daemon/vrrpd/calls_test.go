package vrrpd

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/vrrp"
)

func TestCalls(t *testing.T) {
	i1, i2 := new(instance), new(instance)
	i1.generation.Store(1)
	i2.generation.Store(1)
	call := func(i *instance, repeat int, hosts ...string) job {
		j := job{kind: announce, owner: i, generation: 1, repeat: repeat}
		for _, h := range hosts {
			j.addrs = append(j.addrs, vrrp.Address{Prefix: netip.MustParsePrefix("192.0.2." + h + "/32")})
		}
		return j
	}
	all := func(c *calls) string {
		var got []string
		for _, a, ok := c.next(); ok; _, a, ok = c.next() {
			got = append(got, strings.TrimPrefix(a.Prefix.Addr().String(), "192.0.2."))
		}
		return strings.Join(got, " ")
	}
	for _, tt := range []struct {
		name string
		jobs []job
		want string
	}{
		{"nothing", nil, ""},
		{"no repetition", []job{call(i1, 0, "1")}, ""},
		{"no address", []job{call(i1, 3)}, ""},
		{"rounds", []job{call(i1, 2, "1", "2")}, "1 2 1 2"},
		{"instances take turns", []job{call(i1, 2, "1", "2"), call(i2, 2, "3")}, "1 2 3 1 2 3"},
		{"the same again is joined", []job{call(i1, 2, "1"), call(i1, 3, "1"), call(i1, 1, "1")}, "1 1 1"},
		{"more addresses are joined", []job{call(i1, 1, "1"), call(i1, 2, "2")}, "1 2 1 2"},
	} {
		var c calls
		for _, j := range tt.jobs {
			c.add(j)
		}
		if got := all(&c); got != tt.want {
			t.Errorf("%s: announced %q, want %q", tt.name, got, tt.want)
		}
	}

	// What was overtaken is dropped, in the middle of a round too, and a newer
	// one takes its place.
	var c calls
	c.add(call(i1, 5, "1", "2"))
	c.next()
	i1.generation.Store(2)
	newer := call(i1, 1, "4")
	newer.generation = 2
	c.add(newer)
	if got := all(&c); got != "4" {
		t.Errorf("announced %q", got)
	}
}
