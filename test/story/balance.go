package story

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/test/lab"
)

func (s *story) serve(w []string) {
	s.t.Helper()
	s.event()
	name := w[0] + ":" + w[1]
	if server := s.servers[name]; server != nil {
		server.Start()
		return
	}
	s.servers[name] = s.host(w[0]).Serve(":" + w[1])
}

// page sets what a server answers for a path: a line, or nothing but 404 if it
// is empty.
func (s *story) page(w []string) {
	s.t.Helper()
	s.event()
	text := strings.Join(w[3:], " ")
	if text != "" {
		text += "\n"
	}
	find(s, "server", s.servers, w[0]+":"+w[1]).SetPage(w[2], text)
}

// real makes a host a real server, with the arguments that its README gives to
// kactl rs-setup.
func (s *story) real(w []string) {
	s.t.Helper()
	s.host(w[0]).RSSetup(0, w[1:]...)
}

// table demands that a director's kernel balances so, over these and no others.
func (s *story) table(w []string) {
	s.t.Helper()
	service := s.addrPort(w[1])
	want := map[netip.AddrPort]lab.RealServer{}
	for _, r := range w[5:] {
		name, weight := s.assignment(r)
		want[s.addrPort(name)] = lab.RealServer{Forward: w[4], Weight: weight}
	}
	var last any
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the table of %s: %+v", w[0], last)
		}
	}()
	s.within(w[2], fmt.Sprintf("%s balances %v over %v", w[0], service, w[5:]), func() bool {
		got := s.host(w[0]).Service(service)
		last = got
		if got == nil || got.Scheduler != w[3] {
			return false
		}
		for a, r := range got.Reals {
			r.Active = 0
			got.Reals[a] = r
		}
		return maps.Equal(got.Reals, want)
	})
}

// asks demands that a client's requests, from as many addresses, are answered by
// these servers so often, or "some" times: what has the fewest connections hangs
// on when the kernel sees each end.
func (s *story) asks(w []string) {
	s.t.Helper()
	n, err := strconv.Atoi(w[2])
	if err != nil {
		s.t.Fatal(err)
	}
	want, some := map[string]int{}, map[string]bool{}
	for _, r := range w[3:] {
		if name, ok := strings.CutSuffix(r, "=some"); ok {
			some[name] = true
			continue
		}
		name, count := s.assignment(r)
		want[name] = count
	}
	sources := s.addresses(w[0])
	if len(sources) < n {
		s.t.Fatalf("%s has %d addresses", w[0], len(sources))
	}
	got := lab.Count(s.host(w[0]).GetFrom(s.addrPort(w[1]), sources[:n]))
	all := maps.Clone(got)
	for name := range some {
		if got[name] == 0 {
			s.t.Fatalf("answers from %s by %v, none by %s", w[1], all, name)
		}
		delete(got, name)
	}
	if d := cmp.Diff(want, got); d != "" {
		s.t.Fatalf("answers from %s (-want +got):\n%s", w[1], d)
	}
}

// sticks demands that the requests from one address are all answered by one
// server.
func (s *story) sticks(w []string) {
	s.t.Helper()
	n, err := strconv.Atoi(w[2])
	if err != nil || n < 2 {
		s.t.Fatalf("%q requests: at least 2", w[2])
	}
	first := s.addresses(w[0])[0]
	got := lab.Count(s.host(w[0]).GetFrom(s.addrPort(w[1]), slices.Repeat([]netip.Addr{first}, n)))
	if len(got) != 1 {
		s.t.Fatalf("requests from %v to %s were answered by %v", first, w[1], got)
	}
}

// addresses are the IPv4 addresses of a host.
func (s *story) addresses(host string) []netip.Addr {
	s.t.Helper()
	return slices.DeleteFunc(s.host(host).Addrs(), func(a netip.Addr) bool { return !a.Is4() || a.IsLoopback() })
}

// assignment reads NAME=NUMBER.
func (s *story) assignment(text string) (string, int) {
	s.t.Helper()
	name, number, _ := strings.Cut(text, "=")
	n, err := strconv.Atoi(number)
	if err != nil {
		s.t.Fatalf("%q is not NAME=NUMBER", text)
	}
	return name, n
}
