package main

import (
	_ "embed"
	"time"

	"github.com/kactl/kactl/test/bench"
	"github.com/kactl/kactl/test/lab"
)

//go:embed keepalived.conf
var config string

const (
	vrid           = 51
	priority       = 100 // of the backup
	enough         = 5   // adverts that the backup hears before the master dies
	startWithin    = 10 * time.Second
	announceWithin = 10 * time.Second
	look           = 20 * time.Millisecond
)

// node is what the two configurations differ in, and the runs.
type node struct {
	State     string
	Priority  int
	Interval  float64 // in seconds
	Instances []virtualRouter
}

// measure lets a master die, always the same program, and the other program
// take over from it. stalled says that the machine stood still meanwhile: the
// figures do not count.
func measure(b *bench.B, subject lab.Kind, of layout, interval time.Duration) (t takeover, stalled bool) {
	b.Part(func() {
		l := lab.New(b)
		segment := l.Segment("lan")
		lb1 := l.Host("lb1", segment, "198.51.100.11/24")
		lb2 := l.Host("lb2", segment, "198.51.100.12/24")
		w := listen(b, l.Host("wire", segment))
		from, to := lb1.Port().MAC.String(), lb2.Port().MAC.String()

		n := node{State: "MASTER", Priority: 150, Interval: interval.Seconds(), Instances: of.instances}
		old := start(b, l, lb1, lab.Keepalived, n)
		old.waitStates("MASTER", len(of.instances), startWithin)
		n.State, n.Priority = "BACKUP", priority
		heir := start(b, l, lb2, subject, n)
		heir.waitStates("BACKUP", len(of.instances), startWithin)
		watcher := newWitness()
		told, _ := adverts(w.heard(), from)
		lab.Eventually(b, startWithin, "the backup hears the master", func() bool {
			all, _ := adverts(w.heard(), from)
			return all >= told+enough*len(of.instances)
		})
		old.kill()
		_, last := adverts(w.heard(), from)

		timer := masterDown(interval, priority)
		stalled = watcher.until(last.Add(timer))
		for end := time.Now().Add(announceWithin); ; time.Sleep(look) {
			var done bool
			var err error
			t, done, err = find(w.heard(), from, to, of.vips(), timer)
			expired := time.Now().After(end)
			if stalled && (err != nil || expired) {
				return // the old master was late before it died
			}
			if lost := w.lost(); lost > 0 {
				b.Fatalf("the capture lost %d frames", lost)
			}
			if done {
				return
			}
			if err != nil || expired {
				b.Fatalf("%s did not take over cleanly within %v of the timer (%v); its log:\n%s", heir.name, announceWithin, err, heir.text())
			}
		}
	})
	return t, stalled
}

// adverts is how many a host sent, and when the last.
func adverts(heard []frame, src string) (n int, last time.Time) {
	for _, f := range heard {
		if f.src == src && !f.vip.IsValid() {
			n++
			last = f.at
		}
	}
	return n, last
}
