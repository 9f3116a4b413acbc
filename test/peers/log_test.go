package peers

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kactl/kactl/test/lab"
)

// A logbook holds what peers log beside each other.
type logbook struct {
	mu     sync.Mutex
	usual  map[string]bool     // what keepalived logs beside itself
	beside map[string][]string // what it logs beside kactl, by test
	frr    map[string][]string // what FRR logs of an advert that it does not like, by test
}

// chance are lines that keepalived logs beside itself too, but not each time:
// when adverts cross, and when it was late.
var chance = regexp.MustCompile(`^\(VI_N\) Received advert from N with lower priority N, ours N, forcing new election$|` +
	`^A thread timer expired N seconds ago$`)

// add notes what the peers of a test logged.
func (b *logbook) add(test string, p *peering) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.usual == nil {
		b.usual, b.beside, b.frr = map[string]bool{}, map[string][]string{}, map[string][]string{}
	}
	for i, d := range []*lab.Director{p.d1, p.d2} {
		other := []*lab.Director{p.d2, p.d1}[i].Kind
		switch {
		case d.Kind == lab.Keepalived && other == lab.Keepalived:
			for _, line := range normalise(d) {
				b.usual[line] = true
			}
		case d.Kind == lab.Keepalived && other == lab.Kactl:
			b.beside[test] = append(b.beside[test], normalise(d)...)
		case d.Kind == lab.FRR:
			for _, line := range d.Log() {
				if strings.Contains(line.Text, "Datagram") && !strings.Contains(line.Text, "Datagram rx: ") {
					b.frr[test] = append(b.frr[test], line.Text)
				}
			}
		}
	}
}

// judge fails the test if a peer logged something that it should not.
func (b *logbook) judge(t *testing.T) {
	t.Helper()
	if t.Failed() {
		return // what they log then is another matter
	}
	for test, lines := range b.beside {
		slices.Sort(lines)
		for _, line := range slices.Compact(lines) {
			if !b.usual[line] && !chance.MatchString(line) {
				t.Errorf("%s: keepalived logged what it does not log beside itself: %s", test, line)
			}
		}
	}
	for test, lines := range b.frr {
		t.Errorf("%s: FRR logged %d times the like of: %s", test, len(lines), lines[0])
	}
}

// noise is what FRR logs of each packet and of each change of any interface.
var noise = regexp.MustCompile(`\] [0-9a-f]{16}: |Datagram rx: |Refusing to start`)

// dump is a director's log to read.
func dump(d *lab.Director) string {
	lines := slices.DeleteFunc(strings.SplitAfter(d.Dump(), "\n"), func(line string) bool {
		return d.Kind == lab.FRR && noise.MatchString(line)
	})
	return strings.Join(lines, "")
}

// logTime is the time that begins each line of keepalived's, numbers all that
// differs from run to run.
var (
	logTime = regexp.MustCompile(`^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: `)
	numbers = regexp.MustCompile(`[0-9a-f]*::[0-9a-f:]+|\d+(\.\d+)*`)
)

func normalise(d *lab.Director) []string {
	var out []string
	for _, line := range d.Log() {
		text := normaliseLine(line.Text)
		// It wraps its command line where the length of a path has it.
		if strings.HasPrefix(text, "Command line: ") || strings.HasPrefix(text, "'") {
			continue
		}
		out = append(out, text)
	}
	return out
}

func normaliseLine(line string) string {
	line = logTime.ReplaceAllString(line, "")
	return numbers.ReplaceAllString(strings.TrimSpace(line), "N")
}

func TestNormaliseLine(t *testing.T) {
	const line = "Fri Nov 20 20:24:36 2026: (VI_1) Master received advert from 198.51.100.12 with higher priority 100, ours 80"
	const want = "(VI_N) Master received advert from N with higher priority N, ours N"
	if got := normaliseLine(line); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := normaliseLine("Fri Nov 20 20:24:36 2026: A thread timer expired 1.000234 seconds ago"); !chance.MatchString(got) {
		t.Errorf("got %q, which is not known to come by chance", got)
	}
	if got := normaliseLine("Assigned address fe80::4b:41ff:fe01:3 for interface eth0"); got != "Assigned address N for interface ethN" {
		t.Errorf("got %q", got)
	}
}
