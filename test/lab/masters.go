package lab

import (
	"fmt"
	"slices"
	"time"
)

// A Reign is a stretch of time in which one host advertised a virtual router
// without a pause.
type Reign struct {
	Host        string
	Priority    byte // of its last advert but a resignation
	First, Last time.Time
	// Resigned is whether the last advert had priority 0.
	Resigned bool
	Adverts  int
}

// Reigns reads from the adverts on the segment who was master of a virtual
// router, in order of their first advert. Reigns may overlap: see
// [Capture.TwoMasters].
func (c *Capture) Reigns(vrid byte) []Reign { return reigns(c.Adverts(vrid), c.lab.NameOf) }

func reigns(adverts []Frame, nameOf func(mac string) string) []Reign {
	var out []Reign
	open := map[string]int{} // a host's reign that may go on
	for _, f := range adverts {
		host := nameOf(f.Src)
		i, ok := open[host]
		if !ok || f.At.Sub(out[i].Last) > f.Advert.Interval*3/2 {
			if f.Advert.Priority == 0 {
				continue // a resignation by who was no master
			}
			i = len(out)
			open[host] = i
			out = append(out, Reign{Host: host, First: f.At})
		}
		r := &out[i]
		r.Last = f.At
		r.Adverts++
		if f.Advert.Priority == 0 {
			// Who advertises after a resignation has taken over from it, however
			// short the reign was.
			r.Resigned = true
			clear(open)
			continue
		}
		r.Priority = f.Advert.Priority
	}
	return out
}

// TwoMasters looks for two hosts that advertised one virtual router at the
// same time for longer than grace, and describes the first such case; it
// returns nil if there is none. A single advert beside another's is a crossing
// on the wire, of which none can know: it shows as a reign of its own. The grace
// grows by the longest time that the machine stood still: who gets no processor
// cannot read that another is master.
func (c *Capture) TwoMasters(vrid byte, grace time.Duration) error {
	_, stalled := Stalled(c.began)
	return twoMasters(c.Reigns(vrid), vrid, grace+stalled)
}

func twoMasters(all []Reign, vrid byte, grace time.Duration) error {
	for i, a := range all {
		for _, b := range all[i+1:] {
			from, to := b.First, a.Last
			if b.Last.Before(to) {
				to = b.Last
			}
			if a.Host != b.Host && to.Sub(from) > grace {
				return fmt.Errorf("virtual router %d has two masters for %v: %s and %s",
					vrid, to.Sub(from).Round(time.Millisecond), a.Host, b.Host)
			}
		}
	}
	return nil
}

// MasterOf are the virtual routers whose last advert on the segment is a host's,
// and no resignation.
func (c *Capture) MasterOf(host string) []byte { return masterOf(host, c.Frames(), c.lab.NameOf) }

func masterOf(host string, frames []Frame, nameOf func(mac string) string) []byte {
	last := map[byte]Frame{}
	for _, f := range frames {
		if f.Advert != nil {
			last[f.Advert.VRID] = f
		}
	}
	var out []byte
	for vrid, f := range last {
		if nameOf(f.Src) == host && f.Advert.Priority > 0 {
			out = append(out, vrid)
		}
	}
	return out
}

// Resigned tells whether a host has resigned from a virtual router at or after a
// time.
func (c *Capture) Resigned(host string, vrid byte, after time.Time) bool {
	return slices.ContainsFunc(c.Adverts(vrid), func(f Frame) bool {
		return c.lab.NameOf(f.Src) == host && f.Advert.Priority == 0 && !f.At.Before(after)
	})
}

// Sequence is the names of the hosts that reigned, in order, with no name
// twice in a row.
func Sequence(all []Reign) []string {
	var out []string
	for _, r := range all {
		if len(out) == 0 || out[len(out)-1] != r.Host {
			out = append(out, r.Host)
		}
	}
	return out
}
