package watch

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"

	"github.com/kactl/kactl/test/need"
)

var update = flag.Bool("update", false, "write testdata/captures anew")

// TestMain has everybody in one time zone.
func TestMain(m *testing.M) {
	time.Local = time.UTC
	os.Exit(m.Run())
}

// watchFile runs over a capture and returns the lines.
func watchFile(t testing.TB, path string, o Options) (string, Summary) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out bytes.Buffer
	o.File, o.Out = f, &out
	sum, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), sum
}

// TestCaptures runs over captures of pairs of directors: their events are those
// of the file beside.
func TestCaptures(t *testing.T) {
	files, err := filepath.Glob("testdata/captures/*.pcapng")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d captures: %v", len(files), err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			got, _ := watchFile(t, path, Options{Format: &Text{}, EventsOnly: true})
			golden := strings.TrimSuffix(path, "pcapng") + "events"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the events are\n%swant\n%s", got, want)
			}
		})
	}
}

// TestVectorsAreQuiet wants nothing but a master and its resignation of what one
// keepalived sends.
func TestVectorsAreQuiet(t *testing.T) {
	for _, name := range vectors(t) {
		out, sum := watchFile(t, filepath.Join(vectorsDir, name+".pcap"), Options{Format: &Text{}, EventsOnly: true})
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], " info master-appeared ") || !strings.Contains(lines[1], " info resignation ") {
			t.Errorf("%s: the events are\n%s", name, out)
		}
		if sum.Adverts < 4 || sum.Packets <= sum.Adverts || sum.Errors != 0 {
			t.Errorf("%s: the summary is %+v", name, sum)
		}
	}
}

// TestLimits ends by a count, by a duration, and heeds one VRID.
func TestLimits(t *testing.T) {
	path := filepath.Join(vectorsDir, "v3-centisecond.pcap")
	for name, tt := range map[string]struct {
		o    Options
		want uint64
	}{
		"count":      {Options{Count: 3}, 3},
		"duration":   {Options{Duration: 120 * time.Millisecond}, 3},
		"vrid":       {Options{VRID: 51, Count: 7}, 7},
		"other vrid": {Options{VRID: 52}, 0},
	} {
		tt.o.Format = &Text{}
		out, sum := watchFile(t, path, tt.o)
		if sum.Adverts != tt.want || strings.Count(out, " > ") != int(tt.want) {
			t.Errorf("%s: %d adverts, want %d:\n%s", name, sum.Adverts, tt.want, out)
		}
	}
}

// TestTruncated tells of the packets before a file ends in the middle of one,
// and then of that.
func TestTruncated(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(vectorsDir, "v2-pass.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sum, err := Run(context.Background(), Options{File: bytes.NewReader(whole[:len(whole)-5]), Out: &out, Format: &Text{}})
	if !errors.Is(err, netio.ErrTruncated) || sum.Adverts < 4 || strings.Count(out.String(), "\n") < 5 {
		t.Errorf("error %v, %d adverts:\n%s", err, sum.Adverts, out.String())
	}
}

// A brokenWriter fails from its second write on.
type brokenWriter struct{ writes int }

var errBroken = errors.New("no reader")

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.writes++; w.writes > 1 {
		return 0, errBroken
	}
	return len(b), nil
}

// TestReaderGone ends with the error of the writer, at once.
func TestReaderGone(t *testing.T) {
	w := &brokenWriter{}
	_, err := Run(context.Background(), Options{File: endless(t), Out: w, Format: &Text{}})
	if !errors.Is(err, errBroken) || w.writes != 2 {
		t.Errorf("error %v after %d writes", err, w.writes)
	}
}

// TestInterrupted ends a file that has no end.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &brokenWriter{}
	cancel()
	if _, err := Run(ctx, Options{File: endless(t), Out: w, Format: &Text{}}); err != nil {
		t.Error(err)
	}
}

// TestPipe tells of what comes through a pipe before there is more, and ends
// while it waits.
func TestPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	whole, err := os.ReadFile(filepath.Join(vectorsDir, "v3-ipv6.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(whole[:300]); err != nil { // it ends within a packet
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	sum, err := Run(ctx, Options{File: r, Format: &Text{}, Out: writerFunc(func(b []byte) (int, error) {
		cancel()
		return out.Write(b)
	})})
	if err != nil || sum.Adverts != 1 || !strings.Contains(out.String(), " > ff02::12 ") || context.Cause(ctx) != context.Canceled {
		t.Errorf("%v, %+v:\n%s", err, sum, out.String())
	}
}

// endless is a capture of one frame over and over.
func endless(t testing.TB) io.Reader {
	frame := readVector(t, "v3-ipv4")[0]
	r, w := io.Pipe()
	t.Cleanup(func() { r.Close() })
	go func() {
		out := netio.NewFileWriter(w, netio.Pcap)
		for out.Write(&frame) == nil {
		}
	}()
	return r
}

// TestNoAllocations prints adverts of every vector without any.
func TestNoAllocations(t *testing.T) {
	for _, name := range vectors(t) {
		d, o := NewDissector(), NewObserver()
		var p Packet
		var lines []byte
		frame := readVector(t, name)[0]
		for _, f := range readVector(t, name) { // the first of which is no advert, it may be
			if d.Dissect(&f, &p); p.Kind == Advert {
				frame = f
				break
			}
		}
		for _, format := range []Format{&Text{Color: true}, &JSON{}} {
			n := testing.AllocsPerRun(100, func() {
				frame.Time = frame.Time.Add(10 * time.Millisecond)
				d.Dissect(&frame, &p)
				o.See(&p)
				lines = format.Advert(lines[:0], &p, o.Remark())
			})
			if n != 0 {
				t.Errorf("%s as %T: %v allocations an advert", name, format, n)
			}
		}
	}
}

// TestFlood sends what has no sense at a high rate: what is told and what is kept
// stay few.
func TestFlood(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	o := NewObserver()
	told := 0
	p := &Packet{Kind: Advert, TTL: 255, Interface: "eth0", SourceMAC: hardware("a"), Destination: netip.MustParseAddr("224.0.0.18")}
	for i := range 200_000 { // four seconds
		p.Time = began.Add(time.Duration(i) * 20 * time.Microsecond)
		p.Source = netip.AddrFrom4([4]byte{192, 0, 2, byte(r.Uint32())})
		p.Fault = vrrp.RejectReason(r.Uint32N(7) / 2)
		p.Advert = vrrp.Advert{
			Version: 3, VRID: byte(r.Uint32N(4)), Priority: byte(r.Uint32()), Interval: time.Duration(r.Uint32N(3)) * 10 * time.Millisecond,
			Checksum: vrrp.Checksum(1 + r.Uint32N(3)), Addresses: []netip.Addr{netip.AddrFrom4([4]byte{198, 51, 100, byte(r.Uint32())})},
		}
		told += len(o.See(p))
	}
	// Of 4 routers, each name 10 times, as much again for the ends, and once that
	// there are more.
	if most := 4 * int(names) * (2*budgetEvents + 1); told > most || told == 0 {
		t.Errorf("%d events, %d are enough", told, most)
	}
	for _, v := range o.order {
		if len(v.sources) > maxSources || len(v.episodes) > maxEpisodes || len(v.claims) > maxClaims {
			t.Errorf("%v keeps %d senders, %d episodes, %d claims", v.Router, len(v.sources), len(v.episodes), len(v.claims))
		}
	}
}

// TestTooMany follows no more routers than it can, says so once, and forgets
// those that are long silent.
func TestTooMany(t *testing.T) {
	need.Time(t)
	o := NewObserver()
	p := &Packet{Kind: Advert, TTL: 255, SourceMAC: hardware("a"), Source: netip.MustParseAddr("192.0.2.1"), Destination: netip.MustParseAddr("192.0.2.2"), VLANs: []uint16{0}}
	count := map[string]int{}
	for i := range maxRouters + 1000 {
		p.Time = began
		p.VLANs[0] = uint16(1 + i/200)
		p.Advert = vrrp.Advert{Version: 3, VRID: uint8(1 + i%200), Priority: 100, Interval: time.Second, Checksum: 2}
		for _, e := range o.See(p) {
			count[e.String()]++
		}
	}
	if count["master-appeared"] != maxRouters || count["too-many-routers"] != 1 || len(o.order) != maxRouters {
		t.Errorf("%v, %d are followed", count, len(o.order))
	}
	o.Tick(began.Add(2 * forgotten))
	if len(o.order) != 0 || len(o.routers) != 0 || len(o.vips) != 0 || len(o.peers) != 0 {
		t.Errorf("%d, %d, %d and %d are left", len(o.order), len(o.routers), len(o.vips), len(o.peers))
	}
}

// TestMeanings has a name and a sentence for every event.
func TestMeanings(t *testing.T) {
	if len(Meanings) != int(names) {
		t.Fatalf("%d meanings of %d events", len(Meanings), names)
	}
	seen := map[string]bool{}
	for n, m := range Meanings {
		if m.Name == "" || m.Doc == "" || m.Severity < diag.Info || seen[m.Name] {
			t.Errorf("event %d: %+v", n, m)
		}
		seen[m.Name] = true
	}
}

// FuzzObserver shows packets of all kinds: nothing of it must panic, go on
// without end, or tell of a password.
func FuzzObserver(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b"))
	f.Add(bytes.Repeat([]byte("abcdefghij"), 30))
	f.Fuzz(func(t *testing.T, b []byte) {
		o := NewObserver()
		now := began
		var p Packet
		formats := []Format{&Text{Color: true}, &JSON{}}
		var line []byte
		for len(b) >= 10 {
			x := b[:10]
			b = b[10:]
			now = now.Add(time.Duration(int8(x[0])) * 50 * time.Millisecond)
			p = Packet{Time: now, Interface: []string{"", "eth0", "a\"\\\xff"}[x[1]%3], SourceMAC: hardware("a"), Kind: Kind(x[1] / 3 % 4), TTL: 255 - x[2]/200}
			p.SourceMAC[5] = x[3] % 4
			p.Source, p.Destination = netip.AddrFrom4([4]byte{192, 0, 2, x[3] % 4}), netip.MustParseAddr("224.0.0.18")
			p.Announced, p.Claimant = netip.AddrFrom4([4]byte{198, 51, 100, x[4] % 4}), p.SourceMAC
			if p.Kind == GratuitousARP || p.Kind == UnsolicitedNA {
				p.Source, p.Destination = netip.Addr{}, netip.Addr{}
			}
			p.Fault = vrrp.RejectReason(max(int(x[2]%16)-9, 0))
			a := &p.Advert
			*a = vrrp.Advert{Version: 2 + x[5]%2, VRID: x[5] / 2 % 3, Priority: x[6], Interval: time.Duration(x[7]%5) * 250 * time.Millisecond,
				Checksum: vrrp.Checksum(x[8] % 4), AuthType: vrrp.AuthType(x[8] / 4 % 4)}
			copy(a.Key[:], "hush"+string('0'+rune(x[9]%3)))
			for i := range x[9] / 3 % 4 {
				a.Addresses = append(a.Addresses, netip.AddrFrom4([4]byte{198, 51, 100, i}))
			}
			if x[9] > 250 {
				p.HMAC = &HMAC{Verdict: Verdict(x[9] % 3)}
			}
			events := o.See(&p)
			if x[0]%16 == 0 {
				events = append(events, o.Tick(now.Add(time.Duration(x[4])*time.Second))...)
			}
			if x[0]%32 == 1 {
				events = append(slices.Clone(events), o.Link(now, p.Interface, x[4]%2 == 0)...)
			}
			line = line[:0]
			for _, format := range formats {
				line = format.Advert(line, &p, o.Remark())
				for i := range events {
					line = format.Event(line, &events[i])
				}
			}
			if bytes.Contains(line, []byte("hush")) {
				t.Fatalf("a password is shown: %q", line)
			}
		}
		if at, ok := o.Deadline(); ok {
			o.Tick(at.Add(2 * forgotten))
		}
		o.Statuses()
	})
}
