package lint

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kactl/kactl/pkg/command"
)

// A fakeHost is the machine of a case. Its file has a line for each thing that
// is known of it:
//
//	address DEVICE ADDRESS
//	sysctl NAME VALUE
//	lacks MODULE
//	script PATH FILE      the text of PATH is in FILE, beside the case
//	unstartable PATH[@USER:GROUP] WHY
//	drops DEVICE PROTOCOL DEST PORT|- SOURCE|- CHAIN
type fakeHost struct {
	devices   []string
	addresses map[string][]netip.Addr
	sysctls   map[string]string
	lacking   map[string]bool
	scripts   map[string]string
	faults    map[string]error
	dropped   map[Packet]string
}

func (h *fakeHost) Interfaces() []string { return h.devices }

func (h *fakeHost) Addresses(device string) (all []netip.Addr) {
	if device != "" {
		return h.addresses[device]
	}
	for _, d := range h.devices {
		all = append(all, h.addresses[d]...)
	}
	return all
}

func (h *fakeHost) Sysctl(name string) (string, bool) {
	value, ok := h.sysctls[name]
	return value, ok
}

func (h *fakeHost) LacksModule(name string) bool { return h.lacking[name] }

func (h *fakeHost) Script(c command.Command) (string, bool) {
	text, ok := h.scripts[c.Words[0]]
	return text, ok
}

func (h *fakeHost) Startable(c command.Command) error {
	if err := h.faults[c.Words[0]+"@"+c.User+":"+c.Group]; err != nil {
		return err
	}
	return h.faults[c.Words[0]]
}

func (h *fakeHost) Drops(p Packet) (string, bool) {
	chain, ok := h.dropped[p]
	return chain, ok
}

// hostOf reads the machine of a case. There is none without a file.
func hostOf(t *testing.T, path string) Host {
	t.Helper()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	h := &fakeHost{
		addresses: map[string][]netip.Addr{}, sysctls: map[string]string{}, lacking: map[string]bool{},
		scripts: map[string]string{}, faults: map[string]error{}, dropped: map[Packet]string{},
	}
	for l := range strings.Lines(string(text)) {
		w := strings.Fields(l)
		switch {
		case len(w) == 3 && w[0] == "address":
			if !slices.Contains(h.devices, w[1]) {
				h.devices = append(h.devices, w[1])
			}
			h.addresses[w[1]] = append(h.addresses[w[1]], netip.MustParseAddr(w[2]))
		case len(w) == 3 && w[0] == "sysctl":
			h.sysctls[w[1]] = w[2]
		case len(w) == 2 && w[0] == "lacks":
			h.lacking[w[1]] = true
		case len(w) == 3 && w[0] == "script":
			script, err := os.ReadFile(filepath.Join(filepath.Dir(path), w[2]))
			if err != nil {
				t.Fatal(err)
			}
			h.scripts[w[1]] = string(script)
		case len(w) > 2 && w[0] == "unstartable":
			h.faults[w[1]] = errors.New(strings.Join(w[2:], " "))
		case len(w) == 7 && w[0] == "drops":
			p := Packet{Device: w[1], Dest: netip.MustParseAddr(w[3])}
			protocol, _ := strconv.Atoi(w[2])
			port, _ := strconv.Atoi(w[4])
			p.Protocol, p.Port = uint8(protocol), uint16(port)
			p.Source, _ = netip.ParseAddr(w[5])
			h.dropped[p] = w[6]
		default:
			t.Fatalf("%s: cannot read %q", path, l)
		}
	}
	return h
}
