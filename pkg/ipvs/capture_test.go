package ipvs

import (
	"bytes"
	"encoding/hex"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A capture is what a kernel answered once, testdata/kernel.hex: one message a
// line, with what it is in front. What ipvsadm wrote of the same table lies
// beside it.
type capture struct {
	listing  Listing
	timeouts Timeouts
	daemons  []Daemon
}

func readCapture(t testing.TB) (c capture) {
	t.Helper()
	eachMessage(t, func(kind string, msg []byte) {
		var err error
		switch kind {
		case "info":
			c.listing.Version, c.listing.Size, err = parseInfo(msg)
		case "config":
			c.timeouts = Timeouts{TCP: 900 * time.Second, TCPFin: 120 * time.Second, UDP: 300 * time.Second} // moby/ipvs reads them
		case "daemon":
			var d Daemon
			d, err = parseDaemon(msg)
			c.daemons = append(c.daemons, d)
		case "service":
			var s Service
			s, err = parseService(msg)
			c.listing.Services = append(c.listing.Services, s)
		case "destination":
			s := &c.listing.Services[len(c.listing.Services)-1]
			var d Destination
			d, err = parseDestination(msg, s.ServiceID)
			s.Destinations = append(s.Destinations, d)
		default:
			t.Fatalf("a line of kind %q", kind)
		}
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
	})
	return c
}

func eachMessage(t testing.TB, f func(kind string, msg []byte)) {
	t.Helper()
	for line := range strings.Lines(testdata(t, "kernel.hex")) {
		kind, digits, _ := strings.Cut(strings.TrimSpace(line), " ")
		msg, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		f(kind, msg)
	}
}

func testdata(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func written(t testing.TB, write func(w io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPrintLikeIpvsadm(t *testing.T) {
	c := readCapture(t)
	l := &c.listing
	plain := func(w io.Writer) error { return Printer{Title: true}.Print(w, l) }
	if diff := cmp.Diff(testdata(t, "nosort.txt"), written(t, plain)); diff != "" {
		t.Errorf("nosort (-ipvsadm +kactl):\n%s", diff)
	}
	l.Sort()
	view := func(v View, exact bool) func(io.Writer) error {
		return func(w io.Writer) error { return Printer{View: v, Title: true, Exact: exact}.Print(w, l) }
	}
	for name, write := range map[string]func(io.Writer) error{
		"plain.txt":      plain,
		"stats.txt":      view(ViewStats, false),
		"rate.txt":       view(ViewRate, true),
		"thresholds.txt": view(ViewThresholds, false),
		"persistent.txt": view(ViewPersistent, false),
		"tunnel.txt":     view(ViewTunnel, false),
		"timeout.txt":    func(w io.Writer) error { return PrintTimeouts(w, c.timeouts) },
		"daemon.txt":     func(w io.Writer) error { return PrintDaemons(w, c.daemons) },
		"save-all.txt":   func(w io.Writer) error { return Save(w, l) },
	} {
		if diff := cmp.Diff(testdata(t, name), written(t, write)); diff != "" {
			t.Errorf("%s (-ipvsadm +kactl):\n%s", name, diff)
		}
	}
}

// TestSaveSaysMore has what Save writes more than ipvsadm -Sn.
func TestSaveSaysMore(t *testing.T) {
	theirs := strings.Split(testdata(t, "save.txt"), "\n")
	for i, ours := range strings.Split(testdata(t, "save-all.txt"), "\n") {
		less := regexp.MustCompile(` -[xy] \d+`).ReplaceAllString(ours, "")
		less = strings.NewReplacer("-b flag-3", "-b ", "mh-port,flag-3", "mh-port", "-f 4294967295", "-f -1", "-f 2147483648", "-f -2147483648").Replace(less)
		if less != theirs[i] {
			t.Errorf("%q, of ipvsadm %q", ours, theirs[i])
		}
	}
}

func TestProcTable(t *testing.T) {
	c := readCapture(t)
	l := &c.listing
	for i := range l.Services {
		l.Services[i].Destinations = nil
	}
	text := testdata(t, "ip_vs")
	table, err := parseTable(strings.NewReader(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	if missing := table.join(l.Services); len(missing) > 0 {
		t.Errorf("%v is missing", missing[0].ServiceID)
	}
	l.Sort()
	got := written(t, func(w io.Writer) error { return Printer{Title: true}.Print(w, l) })
	if diff := cmp.Diff(testdata(t, "plain.txt"), got); diff != "" {
		t.Errorf("(-ipvsadm +kactl):\n%s", diff)
	}

	// Of two services of one mark, nobody knows which one the kernel passed over.
	cut := regexp.MustCompile(`(?m)^TCP  C6336401:0050 .*\n(  ->.*\n)*|^FWM  00000001 .*\n(  ->.*\n)*?`)
	marks := 0
	text = cut.ReplaceAllStringFunc(text, func(s string) string {
		if strings.HasPrefix(s, "FWM") {
			if marks++; marks > 1 {
				return s
			}
		}
		return ""
	})
	if table, err = parseTable(strings.NewReader(text), 0); err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, s := range table.join(l.Services) {
		missing = append(missing, s.Listed())
	}
	if diff := cmp.Diff([]string{"TCP 198.51.100.1:80", "FWM 1", "FWM 1 IPv6"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

func TestConnections(t *testing.T) {
	ticking := regexp.MustCompile(`\d\d:\d\d `)
	got := written(t, func(w io.Writer) error {
		p := PrintConnections(w, true, nil)
		if err := parseConnections(strings.NewReader(testdata(t, "ip_vs_conn")), p.Add); err != nil {
			return err
		}
		return p.Flush()
	})
	const tick = "##:## "
	if diff := cmp.Diff(ticking.ReplaceAllString(testdata(t, "connections.txt"), tick), ticking.ReplaceAllString(got, tick)); diff != "" {
		t.Errorf("(-ipvsadm +kactl):\n%s", diff)
	}
	if line := "TCP 14:52  ESTABLISHED [2001:db8::9]:42804 [2001:db8::9]:81   [fd00::1]:81\n"; !strings.Contains(got, line) {
		t.Errorf("no line %q in\n%s", line, got)
	}
}
