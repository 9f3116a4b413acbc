package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"
)

// counted is the n-th read of a table whose only service has had 100 packets a
// read, and services more of mark 1 and so on.
func counted(n, services int) *ipvs.Listing {
	l := &ipvs.Listing{Version: "1.2.1", Size: 4096, Services: []ipvs.Service{{
		ServiceID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")},
		Stats:     ipvs.Stats{Total: ipvs.Counters{InPackets: uint64(100 * n)}, Rate: ipvs.Counters{InPackets: 7}},
	}}}
	for i := range services {
		l.Services = append(l.Services, ipvs.Service{ServiceID: lvs.ServiceID{Mark: uint32(i + 1)}})
	}
	return l
}

func printRates(_ context.Context, w io.Writer, l *ipvs.Listing) error {
	return ipvs.Printer{View: ipvs.ViewRate}.Print(w, l)
}

// TestWatchRates draws where there is no terminal.
func TestWatchRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		reads := 0
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := tableWatcher{
			interval: 2 * time.Second,
			read: func(context.Context) (*ipvs.Listing, error) {
				if reads++; reads == 4 {
					cancel()
				}
				time.Sleep(500 * time.Millisecond) // which it takes
				return counted(reads*reads, 0), nil
			},
			print:  printRates,
			screen: newScreen(&out),
		}
		start := time.Now()
		if err := w.run(ctx, nil); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 6500*time.Millisecond {
			t.Errorf("took %v, want 6.5s", took)
		}
		const head = "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  -> RemoteAddress:Port\n"
		frame := func(second string, packets int) string {
			return fmt.Sprintf("Every 2s: 2000-01-01 %s\n\n%sTCP  198.51.100.1:80                     0 %8d        0        0        0\n", second, head, packets)
		}
		zone := regexp.MustCompile(`2000-01-01 \d\d:00`)
		want := strings.Join([]string{frame("00:00:00", 7), frame("00:00:02", 150), frame("00:00:04", 250)}, "\n")
		if d := cmp.Diff(want, zone.ReplaceAllString(out.String(), "2000-01-01 00:00")); d != "" {
			t.Error(d)
		}
	})
}

// TestWatchFails gives the terminal back before it fails.
func TestWatchFails(t *testing.T) {
	errRead, errPrint := errors.New("cannot read"), errors.New("cannot print")
	for _, tt := range []struct {
		name        string
		read, print error
		at          int // of the reads or prints, the one that fails
		want        string
	}{
		{"first read", errRead, nil, 1, ""},
		{"second read", errRead, nil, 2, enterScreen + "frame" + leaveScreen},
		{"first print", nil, errPrint, 1, enterScreen + leaveScreen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				reads := 0
				w := tableWatcher{
					interval: time.Second,
					read: func(context.Context) (*ipvs.Listing, error) {
						if reads++; tt.read != nil && reads == tt.at {
							return nil, tt.read
						}
						return counted(reads, 0), nil
					},
					print:  func(context.Context, io.Writer, *ipvs.Listing) error { return tt.print },
					screen: &screen{w: &out, size: func() (int, int) { return 24, 80 }},
				}
				err := w.run(t.Context(), nil)
				if want := errors.Join(tt.read, tt.print); !errors.Is(err, errRead) && !errors.Is(err, errPrint) {
					t.Errorf("error %v, want %v", err, want)
				}
				frame := regexp.MustCompile(`(?s)\x1b\[H.*\x1b\[J`)
				if got := frame.ReplaceAllString(out.String(), "frame"); got != tt.want {
					t.Errorf("wrote %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// watchFake is kactl ipvs --watch on a table that counts, for a process of its
// own whose argument is the interval.
func watchFake() int {
	interval, err := time.ParseDuration(os.Args[1])
	if err != nil {
		return exitUsage
	}
	reads := 0
	w := tableWatcher{
		interval: interval,
		read: func(context.Context) (*ipvs.Listing, error) {
			reads++
			return counted(reads, 20), nil
		},
		print:  printRates,
		screen: newScreen(os.Stdout),
	}
	return exitStatus(w.runUntilSignal(context.Background()), "kactl", os.Stderr)
}

// TestWatchTerminal watches on a terminal until ^C, and until it is terminated.
func TestWatchTerminal(t *testing.T) {
	for _, tt := range []struct {
		name string
		stop func(x *terminal, p *os.Process) error
	}{
		{"interrupted", func(x *terminal, _ *os.Process) error {
			_, err := x.master.Write([]byte{3}) // ^C
			return err
		}},
		{"terminated", func(_ *terminal, p *os.Process) error { return p.Signal(unix.SIGTERM) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x, slave := newTerminal(t, 24, 60)
			if _, err := slave.WriteString("$ kactl ipvs --watch 50ms\n"); err != nil {
				t.Fatal(err)
			}
			cmd := x.start(slave, "kactl-watch-fake", "50ms")
			x.read(func() bool { return x.frames >= 3 })
			if !x.hidden || x.screen != 1 {
				t.Error("the cursor is shown, or the shell's screen")
			}
			lines := strings.Split(x.String(), "\n")
			if want := "Prot LocalAddress:Port                 CPS    InPPS   OutPPS"; lines[2] != want { // cut
				t.Errorf("line 3 is %q, want %q", lines[2], want)
			}
			if !regexp.MustCompile(`^TCP  198\.51\.100\.1:80 +0 +[1-9]\d*  `).MatchString(lines[4]) {
				t.Errorf("line 5 has no rate: %q", lines[4])
			}
			if lines[23] != "... and 2 lines more" || !strings.HasPrefix(lines[22], "FWM  18") {
				t.Errorf("the last lines are %q and %q", lines[22], lines[23])
			}

			if err := tt.stop(x, cmd.Process); err != nil {
				t.Fatal(err)
			}
			x.read(nil)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v, want exit status 0", err)
			}
			if x.hidden || x.screen != 0 {
				t.Error("the terminal is left without cursor, or on the other screen")
			}
			if got := x.String(); got != "$ kactl ipvs --watch 50ms\n" {
				t.Errorf("the shell's screen is now\n%s", got)
			}
		})
	}
}

// TestWatchResized draws anew when the terminal changes its size.
func TestWatchResized(t *testing.T) {
	x, slave := newTerminal(t, 40, 80)
	cmd := x.start(slave, "kactl-watch-fake", "1h")
	x.read(func() bool { return x.frames == 1 && len(x.pending) == 0 })
	x.resize(10, 80)
	x.read(func() bool { return x.frames == 2 && strings.Contains(x.String(), "more") })
	if lines := strings.Split(x.String(), "\n"); lines[9] != "... and 16 lines more" {
		t.Errorf("line 10 of 10 is %q", lines[9])
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	x.read(nil)
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v, want exit status 0", err)
	}
}
