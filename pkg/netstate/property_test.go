package netstate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A history is a random sequence of what can happen to a State.
type history struct {
	t    *testing.T
	seed uint64
	rand *rand.Rand
	rig
	// wants are the newest decisions.
	wants map[string]Want
	ever  map[string]map[int]bool // hosts that were anybody's business, by interface
	devs  []string
}

const (
	historyHosts = 6
	historySteps = 40
)

var historyOwners = []string{"a", "b", "c"}

// TestAnyHistory lets anything happen in any order, and in the end the interfaces
// have what the owners want, and nothing else that was ever theirs.
func TestAnyHistory(t *testing.T) {
	histories := uint64(800)
	if testing.Short() {
		histories = 100
	}
	for seed := range histories {
		synctest.Test(t, func(t *testing.T) {
			f := newFakeSystem()
			h := &history{
				t: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 12)), rig: rig{f, New(Config{System: f, Report: f.report})},
				wants: map[string]Want{}, ever: map[string]map[int]bool{"eth0": {}, "eth1": {}, "": {}, filterName: {}}, devs: []string{"eth0", "eth1", "", filterName},
			}
			t.Cleanup(func() { _ = f.finish(h.State) })
			h.run()
		})
		if t.Failed() {
			return
		}
	}
}

func (h *history) run() {
	for range historySteps {
		h.step()
	}
	h.quiet()
	h.check("when all is quiet")
	for o := range h.wants {
		h.wants[o] = Want{}
		h.Drop(o)
	}
	if err := h.finish(h.State); err != nil {
		h.fail("close: %v", err)
	}
	h.check("at the end")
}

// step lets something happen, and mostly waits until it was acted upon.
func (h *history) step() {
	if h.rand.IntN(8) == 0 {
		h.calm()
		return
	}
	done := func() {}
	if h.rand.IntN(5) == 0 {
		done = h.Together()
	}
	for range 1 + h.rand.IntN(3) {
		switch n := h.rand.IntN(20); {
		case n < 10:
			h.decide()
		case n < 12:
			h.lose()
		case n < 13:
			h.breakDown()
		case n < 14:
			h.set(func() { h.fakeSystem.fail, h.refuse, h.refuseItem = nil, nil, nil })
		case n < 15:
			o := h.owner()
			h.note("drop %s", o)
			h.wants[o] = Want{}
			h.Drop(o)
		case n < 16:
			h.note("announce")
			h.Announce(h.owner(), 1+h.rand.IntN(3))
		case n < 17:
			h.renew()
		case n < 18:
			h.rename()
		default:
			d := time.Duration(h.rand.IntN(8000)) * time.Millisecond
			h.note("sleep %v", d)
			time.Sleep(d)
		}
	}
	done()
	if h.rand.IntN(4) > 0 {
		synctest.Wait()
	}
}

// calm lets owners decide where all is as it should be: what is wanted before and
// after is not removed.
func (h *history) calm() {
	h.quiet()
	before := h.wanted()
	h.set(func() { h.trace = nil })
	done := h.Together()
	for range 1 + h.rand.IntN(4) {
		h.decide()
	}
	there := map[string]Item{}
	for _, d := range h.devs {
		for _, i := range h.there[d] {
			there[name(d, i)] = i
		}
	}
	done()
	synctest.Wait()
	for _, what := range h.trace {
		device, host, removed := strings.Cut(what, "-")
		key := device + "/" + host
		if removed && before[key] && h.wanted()[key] && h.asWanted(there[key]) {
			h.fail("%s was removed although it was wanted before and after", key)
		}
	}
}

func (h *history) owner() string { return historyOwners[h.rand.IntN(len(historyOwners))] }

func (h *history) note(format string, args ...any) {
	h.set(func() {
		h.fakeSystem.note("["+format+"]", args...)
		h.trace = append(h.trace, h.done[len(h.done)-1])
	})
}

// decide makes another decision of an owner: about what, or whether to hold it.
func (h *history) decide() {
	o := h.owner()
	w := h.wants[o]
	w.Owner, w.Hurry = o, time.Duration(h.rand.IntN(3000))*time.Millisecond
	if w.Parts == nil || h.rand.IntN(3) == 0 {
		w.Parts = nil
		for _, d := range h.devs {
			p := Part{Device: d}
			for host := 1; host <= historyHosts; host++ {
				if h.rand.IntN(3) > 0 {
					continue
				}
				item := itemOn(d, host)
				if item.Kind == KindAddress && h.rand.IntN(8) == 0 {
					item.Address.Label = d + ":1"
				}
				p.Items = append(p.Items, item)
				h.ever[d][host] = true
			}
			if len(p.Items) > 0 {
				w.Parts = append(w.Parts, p)
			}
		}
	}
	if h.rand.IntN(3) > 0 {
		w.Held = !w.Held
	}
	w.Repeat, w.Pause.ARP = 1+h.rand.IntN(2), time.Duration(h.rand.IntN(2)*100)*time.Millisecond
	h.wants[o] = w
	h.note("%s holds %v: %+v", o, w.Held, w.Parts)
	h.Set(w)
}

// itemOn is the item of a number on a device: an address, a drop, a route or a rule.
func itemOn(d string, number int) Item {
	switch {
	case d == filterName:
		return drop(number)
	case d != tablesName:
		return vipOn(d, number)
	case number%2 == 0:
		return ruleAt(number)
	}
	return routeTo(number)
}

// lose takes something away, or says so though it is there.
func (h *history) lose() {
	d, number := h.devs[h.rand.IntN(len(h.devs))], 1+h.rand.IntN(historyHosts)
	if d == filterName { // nobody else can change what is ours
		return
	}
	if d == tablesName {
		h.loseTables(itemOn(d, number))
		return
	}
	p := vip(number).Address.Prefix
	h.note("lose %v on %s", p, d)
	if h.rand.IntN(4) > 0 {
		h.fakeSystem.lose(d, p)
	}
	h.Lost(d, p)
}

// loseTables takes a route or rule away, or lets the kernel drop all routes.
func (h *history) loseTables(i Item) {
	h.note("lose %v", i)
	if h.rand.IntN(3) == 0 {
		h.set(func() {
			h.there[tablesName] = slices.DeleteFunc(h.there[tablesName], func(i Item) bool { return i.Kind == KindRoute })
		})
		h.Moved(false)
		return
	}
	if h.rand.IntN(4) > 0 {
		h.loseItem(i)
	}
	if i.Kind == KindRule {
		h.LostRule(iproute.Rule{Preference: i.Rule.Preference})
	} else {
		h.LostRoute(iproute.Route{Destination: i.Route.Destination, Table: mainTable})
	}
}

// renew puts another interface under a name.
func (h *history) renew() {
	d := h.devs[h.rand.IntN(len(h.devs)-2)]
	h.note("renew %s", d)
	h.set(func() { h.there[d] = nil })
	h.Renewed(d)
}

// breakDown lets additions and removals fail in one way or another.
func (h *history) breakDown() {
	kind, after, odd := h.rand.IntN(3), h.rand.IntN(3), h.rand.IntN(2)
	h.note("break %d %d %d", kind, after, odd)
	h.set(func() {
		switch kind {
		case 0:
			h.fakeSystem.fail = func(string) (int, error) { return after, errRefused }
		case 1:
			h.refuse = func(_ string, a vrrp.Address) error {
				if int(a.Prefix.Addr().As4()[3])%2 == odd {
					return errRefused
				}
				return nil
			}
			h.refuseItem = func(_ string, i Item) error {
				if (i.Kind == KindRule) == (odd == 0) {
					return errRefused
				}
				return nil
			}
		default:
			refuse := func(verb string) error {
				if verb == []string{"+", "-"}[odd] {
					return errRefused
				}
				return nil
			}
			h.refuse = func(verb string, _ vrrp.Address) error { return refuse(verb) }
			h.refuseItem = func(verb string, _ Item) error { return refuse(verb) }
		}
	})
}

// rename lets an owner go on under a name that nobody has.
func (h *history) rename() {
	o := h.owner()
	if w := h.wants[o]; w.Parts != nil {
		h.Rename(o, "other")
		h.Rename("other", o)
	}
}

// quiet lets everything work, and waits until all was tried again.
func (h *history) quiet() {
	h.set(func() { h.fakeSystem.fail, h.refuse, h.refuseItem = nil, nil, nil })
	time.Sleep(time.Minute)
	synctest.Wait()
}

// wanted are the addresses that should be there.
func (h *history) wanted() map[string]bool {
	set := map[string]bool{}
	for _, w := range h.wants {
		for _, p := range w.Parts {
			for _, i := range p.Items {
				if w.Held {
					set[name(p.Device, i)] = true
				}
			}
		}
	}
	return set
}

func name(device string, i Item) string { return device + "/" + nameOf(i) }

// check compares what is there, and what is known to be, with what should be.
func (h *history) check(when string) {
	h.fakeSystem.mu.Lock()
	defer h.fakeSystem.mu.Unlock()
	wanted := h.wanted()
	for _, d := range h.devs {
		for host := range h.ever[d] {
			want := itemOn(d, host)
			n := slices.IndexFunc(h.there[d], func(i Item) bool { return i.key() == want.key() })
			if wanted[name(d, want)] != (n >= 0) {
				h.fail("%s: %v on %s is there: %v", when, want, d, n >= 0)
			}
			if n >= 0 && !h.asWanted(h.there[d][n]) {
				h.fail("%s: %v on %s has a form that nobody wants", when, want, d)
			}
		}
		h.State.mu.Lock()
		dev := h.devices[d]
		h.State.mu.Unlock()
		if dev == nil || when == "at the end" {
			continue
		}
		for k, e := range dev.model.entries {
			if (e.state == present) != wanted[name(d, *e.item)] || e.state == unknown || e.due != dueNever || e.err != nil || e.queued {
				h.fail("%s: of %v on %s is known: %+v", when, k, d, e)
			}
		}
	}
	h.announced(wanted)
}

func (h *history) asWanted(there Item) bool {
	for _, w := range h.wants {
		for _, p := range w.Parts {
			if w.Held && slices.ContainsFunc(p.Items, func(i Item) bool { return i.key() == there.key() && same(&i, &there) }) {
				return true
			}
		}
	}
	return false
}

// announced checks that what came to be there was announced after that.
func (h *history) announced(wanted map[string]bool) {
	last := map[string]string{}
	for _, what := range h.trace {
		n := strings.IndexAny(what, "+-!")
		if strings.HasPrefix(what, "[") {
			continue
		}
		if key := what[:n] + "/" + what[n+1:]; !strings.Contains(key, "=") {
			last[key] = what[n : n+1]
		}
	}
	for key := range wanted {
		if last[key] == "+" && strings.HasPrefix(key, "eth") {
			h.fail("%s was added and not announced", key)
		}
	}
}

func (h *history) fail(format string, args ...any) {
	h.t.Fatalf("seed %d: %s\n%s\nsince it was last calm: %s", h.seed, fmt.Sprintf(format, args...), strings.Join(h.done, "\n"), strings.Join(h.trace, " "))
}
