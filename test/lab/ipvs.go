package lab

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A VirtualService is one service in a host's IPVS table.
type VirtualService struct {
	Protocol   string // "TCP", "UDP"
	Addr       netip.AddrPort
	Scheduler  string
	Persistent bool
	Reals      map[netip.AddrPort]RealServer
}

// A RealServer is one destination of a service.
type RealServer struct {
	Forward string // "Route", "Masq", "Tunnel", "Local"
	Weight  int
	Active  int
}

// IPVS reads the host's IPVS table out of /proc/net/ip_vs, so that it depends
// on no library under test.
func (h *Host) IPVS() []VirtualService {
	h.lab.t.Helper()
	var text []byte
	err := h.Do(func() error {
		var err error
		text, err = os.ReadFile("/proc/thread-self/net/ip_vs")
		return err
	})
	h.lab.check(err, "%s: read the IPVS table", h.Name)
	table, err := parseIPVS(string(text))
	h.lab.check(err, "%s: read the IPVS table", h.Name)
	return table
}

// Service is the service at an address, nil if the table has none.
func (h *Host) Service(addr netip.AddrPort) *VirtualService {
	h.lab.t.Helper()
	for _, s := range h.IPVS() {
		if s.Addr == addr {
			return &s
		}
	}
	return nil
}

// Reals are the addresses of a service's real servers with a weight above
// zero, sorted; nil if there is no such service.
func (h *Host) Reals(addr netip.AddrPort) []netip.Addr {
	h.lab.t.Helper()
	s := h.Service(addr)
	if s == nil {
		return nil
	}
	out := []netip.Addr{}
	for _, a := range slices.SortedFunc(maps.Keys(s.Reals), netip.AddrPort.Compare) {
		if s.Reals[a].Weight > 0 {
			out = append(out, a.Addr())
		}
	}
	return out
}

func parseIPVS(text string) ([]VirtualService, error) {
	var out []VirtualService
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case len(f) >= 3 && (f[0] == "TCP" || f[0] == "UDP" || f[0] == "SCTP"):
			s, err := parseService(f)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			out = append(out, s)
		case len(f) >= 6 && f[0] == "->" && f[1] != "RemoteAddress:Port":
			if len(out) == 0 {
				return nil, fmt.Errorf("%q: a real server before any service", line)
			}
			addr, err := parseHexAddr(f[1])
			if err != nil {
				return nil, fmt.Errorf("%q: %w", line, err)
			}
			weight, err1 := strconv.Atoi(f[3])
			active, err2 := strconv.Atoi(f[4])
			if err1 != nil || err2 != nil {
				return nil, fmt.Errorf("%q: bad number", line)
			}
			out[len(out)-1].Reals[addr] = RealServer{Forward: f[2], Weight: weight, Active: active}
		}
	}
	return out, nil
}

func parseService(f []string) (VirtualService, error) {
	addr, err := parseHexAddr(f[1])
	s := VirtualService{Protocol: f[0], Addr: addr, Scheduler: f[2], Reals: map[netip.AddrPort]RealServer{}}
	s.Persistent = slices.Contains(f, "persistent")
	return s, err
}

// parseHexAddr reads "C6336416:0050" and "[2001:...]:0050".
func parseHexAddr(text string) (netip.AddrPort, error) {
	i := strings.LastIndexByte(text, ':')
	if i < 0 {
		return netip.AddrPort{}, fmt.Errorf("address %q has no port", text)
	}
	port, err := strconv.ParseUint(text[i+1:], 16, 16)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("address %q: %w", text, err)
	}
	host := text[:i]
	if strings.HasPrefix(host, "[") {
		a, err := netip.ParseAddr(strings.Trim(host, "[]"))
		return netip.AddrPortFrom(a, uint16(port)), err
	}
	b, err := hex.DecodeString(host)
	if err != nil || len(b) != 4 {
		return netip.AddrPort{}, fmt.Errorf("address %q is not eight hexadecimal digits", text)
	}
	var ip [4]byte
	binary.BigEndian.PutUint32(ip[:], binary.BigEndian.Uint32(b))
	return netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(port)), nil
}
