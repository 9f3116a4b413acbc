package rssetup

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Mode is how the director's packets reach this machine.
type Mode string

// The modes.
const (
	// DR is direct routing: packets come as they are, in frames to this machine.
	DR Mode = "dr"
	// TUN is IP in IP.
	TUN Mode = "tun"
)

// A Target is one virtual address to be had, and where.
type Target struct {
	VIP    netip.Prefix `json:"vip"`
	Mode   Mode         `json:"mode"`
	Device string       `json:"device"`
	// Label is the address's, "lo:1"; IPv6 has none.
	Label string `json:"label,omitempty"`
	// Force is that what speaks against it is put up with.
	Force bool `json:"force,omitempty"`
}

// ParseVIP reads an address, with a prefix length or as a host alone.
func ParseVIP(text string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return p, fmt.Errorf("%q is no address: write one such as 203.0.113.16, 203.0.113.16/32 or 2001:db8::16", text)
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	return p, checkVIP(p)
}

// checkVIP refuses what clients cannot reach through a director.
func checkVIP(p netip.Prefix) error {
	switch a := p.Addr(); {
	case a.Zone() != "" || a.IsLinkLocalUnicast():
		return fmt.Errorf("%s is a link-local address: clients cannot reach it through a director", a)
	case a.Is4In6():
		return fmt.Errorf("%s is an IPv4 address in disguise: write %s", a, a.Unmap())
	case a.IsLoopback(), a.IsUnspecified(), a.IsMulticast(), a == broadcast, p.Bits() == 0:
		return fmt.Errorf("%s cannot be a virtual address", p)
	}
	return nil
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// notInLabel says that a label cannot have r: what a shell would take for
// something else does not belong into commands that are printed to be typed.
func notInLabel(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(".:_@-", r)
}

// maxLabel is the longest label that the kernel takes.
const maxLabel = 15

// NewTarget completes a target: without a device it is lo for DR, and the
// kernel's own tunnel of the address's family for TUN. A label counts for IPv4
// alone.
func NewTarget(vip netip.Prefix, mode Mode, device, label string) (Target, error) {
	t := Target{VIP: vip, Mode: mode, Device: device}
	if device == "" {
		t.Device = defaultDevice(vip.Addr(), mode)
	}
	if label == "" || !vip.Addr().Is4() {
		return t, nil
	}
	if !strings.HasPrefix(label, t.Device) || len(label) > maxLabel || strings.ContainsFunc(label, notInLabel) {
		return t, fmt.Errorf("label %q will not do: it starts with the device's name, has %d letters, digits and any of .:_@- at most, such as %s:1", label, maxLabel, t.Device)
	}
	t.Label = label
	return t, nil
}

func defaultDevice(vip netip.Addr, mode Mode) string {
	switch {
	case mode != TUN:
		return "lo"
	case vip.Is4():
		return "tunl0"
	}
	return "ip6tnl0"
}

// ErrTwice says that an address is asked for twice.
var ErrTwice = errors.New("given twice")

// Once refuses an address that is there twice, whatever its prefix length, with
// ErrTwice.
func Once(targets []Target) error {
	seen := map[netip.Addr]bool{}
	for _, t := range targets {
		if seen[t.VIP.Addr()] {
			return fmt.Errorf("%s: %w", t.VIP.Addr(), ErrTwice)
		}
		seen[t.VIP.Addr()] = true
	}
	return nil
}

// merge is old with the targets of new in it, which replace those with the same
// address and length on the same device.
func merge(old, new []Target) []Target {
	out := append([]Target(nil), old...)
next:
	for _, t := range new {
		for i, o := range out {
			if o.VIP == t.VIP && o.Device == t.Device {
				out[i] = t
				continue next
			}
		}
		out = append(out, t)
	}
	return out
}
