package rssetup

import (
	"fmt"
	"net/netip"
)

// A Finding is one thing that was looked at.
type Finding struct {
	OK   bool   `json:"ok"`
	What string `json:"what"`
	// Fix is what to type if it is wrong.
	Fix string `json:"fix,omitempty"`
}

// A report gathers findings.
type report struct {
	st   State
	list []Finding
}

func (r *report) ok(format string, args ...any) {
	r.list = append(r.list, Finding{OK: true, What: fmt.Sprintf(format, args...)})
}

func (r *report) wrong(fix, format string, args ...any) {
	r.list = append(r.list, Finding{What: fmt.Sprintf(format, args...), Fix: fix})
}

// verify looks at everything that the targets hang on.
func verify(targets []Target, st State) []Finding {
	r := &report{st: st}
	for _, d := range devices(targets) {
		r.device(d)
	}
	for _, t := range targets {
		r.place(t)
		r.neighbours(t.VIP.Addr())
	}
	for _, d := range tunnels(targets) {
		r.filter(d)
	}
	return r.list
}

func (r *report) device(name string) {
	_, ok := r.st.link(name)
	switch module := modules[name]; {
	case !ok && module != "":
		r.wrong("modprobe "+module, "there is no %s", name)
	case !ok:
		r.wrong("", "there is no interface %s", name)
	case r.st.Values[Thing{Kind: Switch, Name: name}] != "up":
		r.wrong("ip link set "+name+" up", "%s is down", name)
	default:
		r.ok("%s is up", name)
	}
}

// place looks where the address is.
func (r *report) place(t Target) {
	there := false
	for _, a := range r.st.at(t.VIP.Addr()) {
		p := netip.MustParsePrefix(a.Name)
		l, _ := r.st.link(a.Device)
		remove := Step{Thing: a}.Command()
		switch {
		case a == t.address():
			there = true
			r.ok("%s is on %s", p, a.Device)
			if !p.IsSingleIP() && !t.Force {
				r.wrong(remove, "%s", tooWide(p, l))
			}
		case a.Device != t.Device && l.Silent:
			r.wrong(remove, "%s is on %s as well", p, a.Device)
		case a.Device == t.Device && l.Silent && !p.IsSingleIP():
			r.wrong(remove, "%s", tooWide(p, l))
		}
	}
	if !there {
		label := t.Label
		r.wrong(Step{Thing: t.address(), To: &label}.Command(), "%s is not on %s", t.VIP, t.Device)
	}
}

// neighbours looks for each interface whether others hear of the address there.
func (r *report) neighbours(vip netip.Addr) {
	own := map[string]Thing{}
	for _, a := range r.st.at(vip) {
		own[a.Device] = a
	}
	protocol := "ARP"
	if vip.Is6() {
		protocol = "neighbour discovery"
	}
	for _, d := range r.st.talkers() {
		a, has := own[d]
		switch {
		case has && ownAddress(vip, a, r.st) != "":
			r.wrong("", "%s", ownAddress(vip, a, r.st)) // to remove it would cut the machine off
		case has:
			r.wrong(Step{Thing: a}.Command(), "%s has %s and answers %s for it", d, vip, protocol)
		case vip.Is6():
			r.ok("%s does not answer %s for %s", d, protocol, vip)
		default:
			r.arp(d, vip)
		}
	}
}

// arp looks whether an interface that does not have the address keeps still.
func (r *report) arp(device string, vip netip.Addr) {
	one, two := "1", "2"
	if v := effective(r.st, device, "arp_ignore"); !silent(v) {
		where := "all"
		if silent(number(r.st, conf("all", "arp_ignore"))) {
			where = device // its own is larger
		}
		r.wrong(Step{Thing: conf(where, "arp_ignore"), To: &one}.Command(),
			"%s answers ARP for %s: arp_ignore counts as %d there, the larger of all's and its own", device, vip, v)
	} else {
		r.ok("%s does not answer ARP for %s (arp_ignore %d)", device, vip, v)
	}
	if v := effective(r.st, device, "arp_announce"); v < 2 {
		r.wrong(Step{Thing: conf("all", "arp_announce"), To: &two}.Command(),
			"%s may ask by ARP in the name of %s: arp_announce counts as %d there", device, vip, v)
	} else {
		r.ok("%s does not ask by ARP in the name of %s (arp_announce %d)", device, vip, v)
	}
}

// filter looks whether packets from a tunnel pass.
func (r *report) filter(device string) {
	zero := "0"
	where := device
	if number(r.st, conf("all", "rp_filter")) > 0 {
		where = "all"
	}
	if v := effective(r.st, device, "rp_filter"); v != 0 {
		r.wrong(Step{Thing: conf(where, "rp_filter"), To: &zero}.Command(),
			"packets out of %s may be thrown away for their source: rp_filter counts as %d there", device, v)
		return
	}
	r.ok("packets out of %s are not thrown away for their source (rp_filter 0)", device)
}

// verifyFiles looks whether what was persisted is there.
func verifyFiles(j *journal, st State) []Finding {
	r := &report{st: st}
	for _, f := range files {
		if !j.has(f) {
			continue
		}
		if _, ok := st.Values[f]; !ok {
			r.wrong("kactl rs-setup --persist, with what it was given", "%s is gone: the next boot will not set this up", f.Name)
			continue
		}
		r.ok("%s is there", f.Name)
	}
	return r.list
}
