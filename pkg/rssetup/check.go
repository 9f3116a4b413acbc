package rssetup

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// check refuses a journal that names what a run never notes.
func (j *journal) check() error {
	for _, s := range j.Steps {
		if !s.ours() {
			return fmt.Errorf("rs-setup does not change %s %q from %q to %q", s.Kind, strings.TrimSpace(s.Name+" "+s.Device), value(s.From), value(s.To))
		}
	}
	for _, t := range j.Targets {
		if !t.ours() {
			return fmt.Errorf("rs-setup does not put %s on %q by %q as %q", t.VIP, t.Device, t.Mode, t.Label)
		}
	}
	for name := range j.Indexes {
		if !isDevice(name) {
			return fmt.Errorf("%q is no interface", name)
		}
	}
	return nil
}

var (
	ourSysctl = regexp.MustCompile(`^net/ipv4/conf/([^/]+)/(arp_ignore|arp_announce|rp_filter)$`)
	number10  = regexp.MustCompile(`^-?[0-9]{1,10}$`)
)

// ours says whether a run can have noted the step.
func (s Step) ours() bool {
	if s.Kind != Address && s.Device != "" {
		return false
	}
	switch s.Kind {
	case Sysctl:
		m := ourSysctl.FindStringSubmatch(s.Name)
		return m != nil && isDevice(m[1]) && s.values(number10.MatchString)
	case Switch:
		return isDevice(s.Name) && s.values(func(v string) bool { return v == "up" || v == "down" })
	case Address:
		p, err := netip.ParsePrefix(s.Name)
		return err == nil && p.Addr().Zone() == "" && isDevice(s.Device) && s.values(isLabel)
	case File, Symlink:
		return slices.Contains(files, s.Thing)
	}
	return false
}

// values says whether both values are fine, where there are any.
func (s Step) values(fine func(string) bool) bool {
	return (s.From == nil || fine(*s.From)) && (s.To == nil || fine(*s.To))
}

func (t Target) ours() bool {
	return t.VIP.IsValid() && checkVIP(t.VIP) == nil && (t.Mode == DR || t.Mode == TUN) && isDevice(t.Device) && isLabel(t.Label)
}

// isDevice says whether the kernel takes a name for an interface.
func isDevice(name string) bool {
	return name != "" && len(name) <= maxLabel && name != "." && name != ".." && !strings.ContainsFunc(name, notInName) && !strings.Contains(name, ":")
}

// isLabel says whether a label can be one that a run has noted, or none. It may
// have become longer than the kernel takes, as its interface was renamed.
func isLabel(label string) bool {
	return len(label) <= 2*maxLabel && !strings.ContainsFunc(label, notInName)
}

func notInName(r rune) bool { return r <= ' ' || r == '/' || r == 0x7f }
