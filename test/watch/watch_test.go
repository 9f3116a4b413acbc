// Package watch tests kactl watch on a bridge between two directors, which take
// over from each other, and are cut off from each other.
package watch

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, false, "keepalived") }

const config = `
global_defs {
   router_id {{.Host}}
}
vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority {{.Data.Priority}}
    advert_int {{.Data.Interval.Seconds}}
    {{.Data.Mode}}
}
`

// plain is the mode where none matters.
const plain = "version 3\n virtual_ipaddress {\n 198.51.100.100/24\n }"

const interval = 250 * time.Millisecond

type settings struct {
	Priority int
	Interval time.Duration
	Mode     string
}

// An event as kactl watch -o json prints it.
type event struct {
	Event, Severity, Message, Interface, By string
	Time, Since                             time.Time
	VRID                                    int
	Address                                 string
	From, To, Sender                        *party
	Masters                                 []party
	Gap, Duration                           float64
}

type party struct {
	Address, MAC string
	Priority     int
}

// A network is two directors on a bridge that is watched.
type network struct {
	testing.TB
	lab      *lab.Lab
	segment  *lab.Segment
	lb1, lb2 *lab.Host
	d1, d2   *lab.Director
	capture  *lab.Capture
	watch    *lab.Program
	errors   strings.Builder
}

// start starts the directors and kactl watch with arguments.
func start(t testing.TB, kind lab.Kind, interval time.Duration, modes [2]string, watchArgs func(*network) []string) *network {
	l := lab.New(t)
	n := &network{TB: t, lab: l, segment: l.Segment("lan")}
	n.lb1 = l.Host("lb1", n.segment, "198.51.100.11/24")
	n.lb2 = l.Host("lb2", n.segment, "198.51.100.12/24")
	n.capture = n.segment.Capture()
	n.watch = l.Run(&n.errors, bin(t), append([]string{"watch", "-o", "json", "--events"}, watchArgs(n)...)...)
	n.d1 = n.lb1.Start(lab.Config{Kind: kind, Text: config, Data: settings{150, interval, modes[0]}})
	n.d2 = n.lb2.Start(lab.Config{Kind: kind, Text: config, Data: settings{100, interval, modes[1]}})
	// Only who listens can take over.
	n.d2.WaitLog("Entering BACKUP STATE", 10*time.Second)
	first := n.await("master-appeared", func(event) bool { return true })
	if first.To.Priority != 150 {
		n.await("take-over", func(e event) bool { return e.To.Priority == 150 })
	}
	return n
}

func bin(t testing.TB) string {
	t.Helper()
	b := os.Getenv(lab.BinaryVar)
	if b == "" {
		t.Fatalf("%s does not name the kactl to test", lab.BinaryVar)
	}
	return b
}

// events are those printed so far.
func (n *network) events() (out []event) {
	n.Helper()
	lines := bufio.NewScanner(strings.NewReader(n.watch.Output()))
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return out // the last line is not whole yet
		}
		out = append(out, e)
	}
	return out
}

// await waits for an event and returns it.
func (n *network) await(name string, is func(event) bool) (found event) {
	n.Helper()
	if !lab.Within(15*time.Second+lab.Slack, func() bool {
		for _, e := range n.events() {
			if e.Event == name && is(e) {
				found = e
				return true
			}
		}
		return false
	}) {
		n.Fatalf("no such event %s; there are:\n%s\nlb1:\n%s\nlb2:\n%s", name, n.watch.Output(), n.d1.Dump(), n.d2.Dump())
	}
	return found
}

// only ends the test if there are other events of a severity than those named.
func (n *network) only(severity string, names ...string) {
	n.Helper()
	for _, e := range n.events() {
		if e.Severity == severity && !strings.Contains(" "+strings.Join(names, " ")+" ", " "+e.Event+" ") {
			n.Errorf("a false alarm: %s: %s", e.Event, e.Message)
		}
	}
}

// TestSplitBrain cuts the two off from each other and joins them again: kactl
// watch tells who was master besides whom, and for how long.
func TestSplitBrain(t *testing.T) {
	for _, tt := range []struct {
		name      string
		args      func(*network) []string
		cut, heal func(*network)
	}{
		// The bridge hears both, and they do not hear each other.
		{"on the bridge", func(n *network) []string { return []string{"-i", n.segment.Bridge()} },
			func(n *network) { n.lb1.Port().Isolate(); n.lb2.Port().Isolate() },
			func(n *network) { n.lb1.Port().Join(); n.lb2.Port().Join() }},
		// A port is unplugged: only there is its master heard.
		{"on all interfaces", func(*network) []string { return nil },
			func(n *network) { n.lb2.Port().Silence() },
			func(n *network) { n.lb2.Port().Heal() }},
	} {
		for _, kind := range []lab.Kind{lab.Kactl, lab.Keepalived} {
			t.Run(string(kind)+" "+tt.name, lab.Story(func(t testing.TB) {
				n := start(t, kind, interval, [2]string{plain, plain}, tt.args)
				port := n.lb2.Port().Capture() // what lb2 sends, cut or not

				cut := time.Now()
				tt.cut(n)
				began := n.await("split-brain", func(event) bool { return true })
				// Cut off for a while, and no more than one event of it.
				at := time.Now()
				port.WaitFor(at.Add(2*time.Second), 10*time.Second, "lb2 goes on", func(f lab.Frame) bool {
					return f.Advert != nil && f.Src == n.lb2.Port().MAC.String()
				})
				tt.heal(n)
				ended := n.await("split-brain-end", func(event) bool { return true })

				if len(began.Masters) != 2 ||
					began.Masters[0] != (party{"198.51.100.11", n.lb1.Port().MAC.String(), 150}) ||
					began.Masters[1] != (party{"198.51.100.12", n.lb2.Port().MAC.String(), 100}) {
					t.Errorf("masters are %+v", began.Masters)
				}
				if ended.To == nil || ended.To.Address != "198.51.100.11" {
					t.Errorf("left is %+v", ended.To)
				}
				if began.VRID != 51 || began.Severity != "error" || ended.Severity != "info" {
					t.Errorf("events are %+v and %+v", began, ended)
				}
				first, last := reign(port, n.lb2, cut)
				want := last.Sub(first)
				got := time.Duration(ended.Duration * float64(time.Second))
				_, stalled := lab.Stalled(cut)
				if diff := (got - want).Abs(); diff > 20*time.Millisecond+stalled || want < 2*time.Second {
					t.Errorf("it lasted %v, measured were %v", got, want)
				}
				t.Logf("told %v after lb2's first advert; lasted %v, measured %v; end told %v after its last",
					began.Time.Sub(first).Round(time.Millisecond), got, want, ended.Time.Sub(last).Round(time.Millisecond))
				if status := n.watch.Interrupt(); status != 1 {
					t.Errorf("exit status %d, want 1: there was an error", status)
				}
				n.only("error", "split-brain")
				count := 0
				for _, e := range n.events() {
					if strings.HasPrefix(e.Event, "split-brain") {
						count++
					}
				}
				if count != 2 {
					t.Errorf("%d events of split brain, want its beginning and its end:\n%s", count, n.watch.Output())
				}
				if !strings.Contains(n.errors.String(), " 0 more dropped by the kernel") {
					t.Errorf("the summary is %q", n.errors.String())
				}
			}))
		}
	}
}

// reign is when a host sent its first and its last advert since a time.
func reign(c *lab.Capture, h *lab.Host, since time.Time) (first, last time.Time) {
	for _, f := range c.Adverts(51) {
		if f.Src != h.Port().MAC.String() || f.At.Before(since) {
			continue
		}
		if first.IsZero() {
			first = f.At
		}
		last = f.At
	}
	return first, last
}

// TestForeignClaim has a third director take an address of the two, as another
// virtual router: its announcement is told, and where it came from.
func TestForeignClaim(t *testing.T) {
	for _, kind := range []lab.Kind{lab.Kactl, lab.Keepalived} {
		t.Run(string(kind), lab.Story(func(t testing.TB) {
			n := start(t, kind, interval, [2]string{plain, plain}, func(n *network) []string { return []string{"-i", n.segment.Bridge()} })
			lb3 := n.lab.Host("lb3", n.segment, "198.51.100.13/24")
			lb3.Start(lab.Config{Kind: kind, Text: strings.Replace(config, "51", "52", 1), Data: settings{100, interval, plain}})
			e := n.await("foreign-claim", func(event) bool { return true })
			if e.VRID != 51 || e.Address != "198.51.100.100" || e.Sender == nil || e.Sender.MAC != lb3.Port().MAC.String() ||
				e.To == nil || e.To.Address != "198.51.100.11" {
				t.Errorf("the event is %+v", e)
			}
			if status := n.watch.Interrupt(); status != 1 {
				t.Errorf("exit status %d, want 1", status)
			}
			n.only("error", "foreign-claim")
		}))
	}
}

// TestTakeOvers has a pair take over in every way: each is told with its reason
// and its gap, and nothing else is.
func TestTakeOvers(t *testing.T) {
	both := func(mode string) [2]string { return [2]string{mode, mode} }
	vips := "\n virtual_ipaddress {\n 198.51.100.100/24\n 198.51.100.101/24\n }"
	unicast := func(src, peer string) string {
		return "version 3\n unicast_src_ip 198.51.100." + src + "\n unicast_peer {\n 198.51.100." + peer + "\n }" + vips
	}
	for _, tt := range []struct {
		name     string
		kind     lab.Kind
		interval time.Duration
		modes    [2]string
	}{
		{"kactl version 3", lab.Kactl, interval, both(plain)},
		{"keepalived version 3", lab.Keepalived, interval, both(plain)},
		{"kactl version 2", lab.Kactl, time.Second, both("authentication {\n auth_type PASS\n auth_pass hush\n }" + vips)},
		{"keepalived version 2", lab.Keepalived, time.Second, both("authentication {\n auth_type PASS\n auth_pass hush\n }" + vips)},
		{"keepalived AH", lab.Keepalived, time.Second, both("authentication {\n auth_type AH\n auth_pass hush\n }" + vips)},
		{"kactl unicast", lab.Kactl, interval, [2]string{unicast("11", "12"), unicast("12", "11")}},
		{"keepalived unicast", lab.Keepalived, interval, [2]string{unicast("11", "12"), unicast("12", "11")}},
		{"keepalived VMAC", lab.Keepalived, interval, both("version 3\n use_vmac vmac0\n vmac_xmit_base" + vips)},
		{"keepalived VMAC that sends", lab.Keepalived, interval, both("version 3\n use_vmac vmac0" + vips)},
		{"keepalived IPv6", lab.Keepalived, interval, both("version 3\n virtual_ipaddress {\n fe80::100/64\n 2001:db8::100/64\n }")},
		{"keepalived often announced", lab.Keepalived, interval, both("version 3\n garp_master_delay 1\n garp_master_refresh 1" + vips)},
	} {
		t.Run(tt.name, lab.Story(func(t testing.TB) {
			n := start(t, tt.kind, tt.interval, tt.modes, func(n *network) []string { return []string{"-i", n.segment.Bridge(), "--vrid", "51"} })
			to := func(priority int, by string, since time.Time) event {
				t.Helper()
				return n.await("take-over", func(e event) bool { return e.To.Priority == priority && e.By == by && e.Time.After(since) })
			}
			now := time.Now()
			n.d1.Stop()
			n.gap(to(100, "resignation", now), now)
			now = time.Now()
			n.d1.Restart()
			n.gap(to(150, "preemption", now), now)
			now = time.Now()
			n.d1.Kill()
			e := to(100, "silence", now)
			if n.gap(e, now); e.Gap < 3*tt.interval.Seconds() {
				t.Errorf("the gap of a silent death is %v s", e.Gap)
			}
			now = time.Now()
			n.d1.Restart()
			n.gap(to(150, "preemption", now), now)
			if status := n.watch.Interrupt(); status != 0 {
				t.Errorf("exit status %d, want 0", status)
			}
			n.only("error")
			// On a busy machine adverts are late in truth.
			n.only("warning", "take-over", "missed-adverts", "jitter")
			if strings.Contains(n.watch.Output(), "hush") {
				t.Errorf("the password is shown:\n%s", n.watch.Output())
			}
		}))
	}
}

// gap compares the gap of a take-over with the adverts of the test's own capture.
func (n *network) gap(e event, since time.Time) {
	n.Helper()
	if strings.Contains(e.To.Address, ":") {
		return // the test's capture knows IPv4 alone
	}
	var before, after time.Time
	// The test's own capture may be a little behind.
	lab.Eventually(n.TB, 5*time.Second, "the first advert of "+e.To.Address, func() bool {
		before, after = time.Time{}, time.Time{}
		for _, f := range n.capture.Adverts(51) {
			switch f.Advert.Src.String() {
			case e.From.Address:
				if after.IsZero() {
					before = f.At
				}
			case e.To.Address:
				if after.IsZero() && f.At.After(since) {
					after = f.At
				}
			}
		}
		return !after.IsZero()
	})
	if want := after.Sub(before).Seconds(); e.Gap < want-0.02 || e.Gap > want+0.02 {
		n.Errorf("the gap is %v s, measured were %v s", e.Gap, want)
	}
}
