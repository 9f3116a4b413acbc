package ipvs

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"

	"github.com/vishvananda/netns"

	"github.com/kactl/kactl/pkg/lvs"
)

// A procTable is what /proc/net/ip_vs says of destinations. It has services of
// one mark and both families under one ID, in the order in which netlink has them
// too.
//
// It may lack services: where other network namespaces have some as well, the
// kernel passes over a few each time that it goes on after a page.
type procTable map[lvs.ServiceID][][]Destination

// join gives services their destinations, and returns those that it has none
// of for sure.
func (t procTable) join(services []Service) (missing []*Service) {
	of := func(s *Service) lvs.ServiceID {
		id := s.ServiceID
		id.Family = 0
		return id
	}
	marks := map[lvs.ServiceID]int{}
	for i := range services {
		if s := &services[i]; s.Mark != 0 {
			marks[of(s)]++
		}
	}
	for i := range services {
		s := &services[i]
		id, want := of(s), 1
		if s.Mark != 0 {
			want = marks[id]
		}
		if len(t[id]) != want {
			missing = append(missing, s)
			continue
		}
		s.Destinations = t[id][0]
		if want > 1 { // the other one's turn
			t[id], marks[id] = t[id][1:], want-1
		}
	}
	return missing
}

var errProc = errors.New("line is malformed")

// parseTable reads the text of /proc/net/ip_vs, which has about so many
// services.
func parseTable(r io.Reader, services int) (procTable, error) {
	t := make(procTable, services)
	var id lvs.ServiceID
	var found []Destination // of the service being read
	end := func() {
		if id != (lvs.ServiceID{}) {
			t[id] = append(t[id], slices.Clone(found))
		}
		found = found[:0]
	}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		kind, rest := cutField(lines.Bytes())
		var err error
		switch string(kind) {
		case "IP", "Prot": // the title
		case "->":
			if bytes.HasPrefix(rest, []byte(" RemoteAddress:Port")) {
				continue
			}
			var d Destination
			if d, err = parseProcDestination(rest); id == (lvs.ServiceID{}) {
				err = errProc
			}
			found = append(found, d)
		default:
			end()
			if id, err = parseProcService(kind, rest); id == (lvs.ServiceID{}) {
				err = errProc
			}
		}
		if err != nil {
			return nil, fmt.Errorf("/proc/net/ip_vs: %w: %q", errProc, lines.Text())
		}
	}
	end()
	return t, lines.Err()
}

// protocols are the names in the kernel's text.
var protocols = map[string]lvs.Protocol{"TCP": lvs.TCP, "UDP": lvs.UDP, "SCTP": lvs.SCTP}

// parseProcService reads a line such as "TCP  C6336401:0050 wlc", as far as it
// names the service.
func parseProcService(kind, rest []byte) (lvs.ServiceID, error) {
	field, _ := cutField(rest)
	if string(kind) == "FWM" {
		mark, err := strconv.ParseUint(string(field), 16, 32)
		return lvs.ServiceID{Mark: uint32(mark)}, err
	}
	protocol, ok := protocols[string(kind)]
	if !ok {
		return lvs.ServiceID{}, errProc
	}
	addr, err := parseProcAddr(field)
	return lvs.ServiceID{Protocol: protocol, Addr: addr}, err
}

// parseProcDestination reads "0A000001:0050      Route   1      0          0".
func parseProcDestination(rest []byte) (d Destination, err error) {
	var field []byte
	field, rest = cutField(rest)
	if d.Addr, err = parseProcAddr(field); err != nil {
		return d, err
	}
	field, rest = cutField(rest)
	var ok bool
	if d.Method, ok = parseMethod(field); !ok {
		return d, errProc
	}
	var numbers [3]int32 // the kernel counts in an int
	for i := range numbers {
		field, rest = cutField(rest)
		n, err := strconv.ParseInt(string(field), 10, 32)
		if err != nil {
			return d, err
		}
		numbers[i] = int32(n)
	}
	d.Weight, d.Active, d.Inactive = int(numbers[0]), uint32(numbers[1]), uint32(numbers[2])
	return d, nil
}

func parseMethod(name []byte) (Method, bool) {
	for m := Masquerading; m <= Bypass; m++ {
		if m.String() == string(name) {
			return m, true
		}
	}
	return 0, false
}

// parseProcAddr reads "0A000001:0050" and "[2001:0db8:...]:0050".
func parseProcAddr(text []byte) (netip.AddrPort, error) {
	i := bytes.LastIndexByte(text, ':')
	if i < 0 {
		return netip.AddrPort{}, errProc
	}
	return parseHexAddr(bytes.Trim(text[:i], "[]"), text[i+1:])
}

// parseHexAddr reads an address of the kernel's text, "0A000001" or
// "2001:0db8:...", and its port, "0050".
func parseHexAddr(addr, port []byte) (netip.AddrPort, error) {
	n, err := strconv.ParseUint(string(port), 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if bytes.IndexByte(addr, ':') >= 0 {
		ip, err := netip.ParseAddr(string(addr))
		if err != nil || ip.Zone() != "" {
			return netip.AddrPort{}, errProc
		}
		return netip.AddrPortFrom(ip, uint16(n)), nil
	}
	var ip [4]byte
	if len(addr) != hex.EncodedLen(len(ip)) {
		return netip.AddrPort{}, errProc
	}
	if _, err := hex.Decode(ip[:], addr); err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(netip.AddrFrom4(ip), uint16(n)), nil
}

// cutField cuts the first of the words of a line.
func cutField(line []byte) (field, rest []byte) {
	line = bytes.TrimLeft(line, " ")
	if i := bytes.IndexByte(line, ' '); i >= 0 {
		return line[:i], line[i:]
	}
	return line, nil
}

// procTable reads /proc/net/ip_vs, which has about so many services.
func (h *Handle) procTable(services int) (procTable, error) {
	f, err := h.openProc("ip_vs")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseTable(f, services)
}

// openProc opens a file of /proc/net. It shows the namespace of the thread
// that opens it, whatever thread reads it.
func (h *Handle) openProc(name string) (f *os.File, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		here, e := netns.Get()
		if err = e; err != nil {
			return
		}
		defer here.Close()
		if here.Equal(h.ns) {
			defer runtime.UnlockOSThread()
		} else if err = netns.Set(h.ns); err != nil {
			return // the thread, still locked, ends: nobody else gets it
		}
		f, err = os.Open("/proc/thread-self/net/" + name)
	}()
	<-done
	return f, err
}
