package lab

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/vishvananda/netlink"
)

// A Server is a real server: a web server on a host that answers every path
// with its own name, or with the page that was set for it.
type Server struct {
	Host *Host
	Addr string // what it listens on, ":80"

	requests atomic.Int64
	mu       sync.Mutex
	pages    map[string]string
	http     *http.Server // nil while stopped
}

// Serve starts a real server on the host.
func (h *Host) Serve(addr string) *Server {
	h.lab.t.Helper()
	s := &Server{Host: h, Addr: addr, pages: map[string]string{}}
	s.Start()
	h.lab.t.Cleanup(s.Stop)
	return s
}

// SetPage sets what a path answers; an empty text makes it 404.
func (s *Server) SetPage(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = text
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	s.mu.Lock()
	text, set := s.pages[r.URL.Path]
	s.mu.Unlock()
	switch {
	case set && text == "":
		http.NotFound(w, r)
	case set:
		fmt.Fprint(w, text)
	default:
		fmt.Fprintln(w, s.Host.Name)
	}
}

// Requests is how many requests came, health checks included.
func (s *Server) Requests() int64 { return s.requests.Load() }

// Start listens again after Stop.
func (s *Server) Start() {
	t := s.Host.lab.t
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return
	}
	var l net.Listener
	var err error
	if !Within(Slack, func() bool {
		l, err = s.Host.Listen(s.Addr)
		return err == nil
	}) {
		t.Fatalf("%s: listen on %s: %v", s.Host.Name, s.Addr, err)
	}
	s.http = &http.Server{Handler: s}
	go func(h *http.Server) { _ = h.Serve(l) }(s.http)
}

// Stop closes the listening socket and every connection: the host refuses
// new ones.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		s.http.Close()
		s.http = nil
	}
}

// TakeDR prepares the host as a real server for direct routing: it takes the
// address on its loopback interface and keeps silent about it on the wire.
func (h *Host) TakeDR(vip netip.Addr) {
	h.lab.t.Helper()
	h.hush()
	h.AddAddr("lo", netip.PrefixFrom(vip, vip.BitLen()).String())
}

// TakeTUN prepares the host as a real server for IP-IP tunnelling: it takes
// the address on tunl0.
func (h *Host) TakeTUN(vip netip.Addr) {
	t := h.lab.t
	t.Helper()
	link, err := h.handle.LinkByName("tunl0")
	if err != nil {
		// The kernel makes tunl0 in each namespace if so set; otherwise it
		// takes a tunnel of the same kind.
		h.lab.check(h.handle.LinkAdd(&netlink.Iptun{LinkAttrs: netlink.LinkAttrs{Name: "tunl0"}}), "%s: make tunl0", h.Name)
		link, err = h.handle.LinkByName("tunl0")
		h.lab.check(err, "%s: find tunl0", h.Name)
	}
	h.hush()
	h.Sysctl("net/ipv4/conf/tunl0/rp_filter", "0")
	h.lab.check(h.handle.LinkSetUp(link), "%s: set tunl0 up", h.Name)
	h.AddAddr("tunl0", netip.PrefixFrom(vip, vip.BitLen()).String())
}

// hush makes the host answer ARP only for the asked interface's own addresses.
func (h *Host) hush() {
	h.lab.t.Helper()
	for _, dev := range []string{"all", "lo"} {
		h.Sysctl("net/ipv4/conf/"+dev+"/arp_ignore", "1")
		h.Sysctl("net/ipv4/conf/"+dev+"/arp_announce", "2")
	}
}
