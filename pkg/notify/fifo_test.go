package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

// mine is a pipe of a test's own, with a script if that has words.
func mine(path string, script ...string) FIFO {
	w := FIFO{Path: path, UID: os.Geteuid(), GID: os.Getegid()}
	if len(script) > 0 {
		w.Script = &command.Command{Words: script}
	}
	return w
}

// readAll reads a pipe until its other end is closed.
func readAll(t *testing.T, path string) func() string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	text := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(f)
		f.Close()
		text <- string(b)
	}()
	return func() string { return <-text }
}

func priorityChange(i *vrrp.Instance, to uint8) event.Instance {
	return event.Instance{Settings: i, Effect: vrrp.Effect{Kind: vrrp.Note, Reason: vrrp.ReasonPriority, Priority: to}}
}

// Each event has the line that keepalived writes, in the pipes that it belongs in.
func TestFIFOLines(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	f := NewFIFOs(FIFOSettings{All: mine(path("all")), VRRP: mine(path("vrrp")), LVS: mine(path("lvs")), OnReload: true}, nil, slog.New(slog.DiscardHandler))
	all, ofVRRP, ofLVS := readAll(t, path("all")), readAll(t, path("vrrp")), readAll(t, path("lvs"))
	a := &vrrp.Instance{Name: "A", NotifyPriority: true}
	b := &vrrp.Instance{Name: "B", Notify: vrrp.Notify{NotifyDeleted: true}}
	g := &vrrp.SyncGroup{Name: "G"}
	key := lvs.RealKey{
		Service: lvs.VirtualKey{ID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}},
		Addr:    netip.MustParseAddrPort("192.0.2.11:8080"),
	}
	for _, e := range []event.Event{
		priorityChange(a, 90), // in no state yet
		event.Settled{Settings: a, State: vrrp.Backup, Priority: 100},
		event.Settled{Settings: b, State: vrrp.Backup, Priority: 200},
		event.GroupSettled{Settings: g, State: vrrp.Backup},
		priorityChange(a, 120), priorityChange(b, 220), // which does not ask for it
		event.Settled{Settings: a, State: vrrp.Master, Priority: 120},
		priorityChange(a, 121),
		event.LowerAdvert{Settings: a, Priority: 121},
		event.Reload{},
		event.Reload{Err: errors.New("no")},
		event.Settled{Settings: a, State: vrrp.Fault, Priority: 121},
		priorityChange(a, 100),
		event.RealServer{Key: key, Up: true},
		event.Quorum{Key: key.Service, Up: true},
		event.RealServer{Key: key},
		event.Quorum{Key: key.Service},
		event.Settled{Settings: b, State: vrrp.Backup, Priority: 220, Ended: true, Deleted: true},
		event.Settled{Settings: a, State: vrrp.Backup, Priority: 100, Ended: true, Deleted: true},
		event.Reload{},
		event.Settled{Settings: a, State: vrrp.Backup, Priority: 100, Ended: true},
		event.GroupSettled{Settings: g, State: vrrp.Backup, Ended: true},
		event.Reload{},
	} {
		f.Handle(e)
	}
	if err := f.Close(t.Context()); err != nil {
		t.Error(err)
	}
	const (
		wantVRRP = `INSTANCE "A" BACKUP 100
INSTANCE "B" BACKUP 200
GROUP "G" BACKUP 0
INSTANCE "A" BACKUP_PRIORITY 120
INSTANCE "A" MASTER 120
INSTANCE "A" MASTER_PRIORITY 121
INSTANCE "A" MASTER_RX_LOWER_PRI 121
INSTANCE "A" MASTER 121
INSTANCE "B" BACKUP 220
GROUP "G" BACKUP 0
INSTANCE "A" FAULT 121
`
		wantLVS = `RS [192.0.2.11]:tcp:8080 [198.51.100.1]:tcp:80 UP
VS [198.51.100.1]:tcp:80 UP
RS [192.0.2.11]:tcp:8080 [198.51.100.1]:tcp:80 DOWN
VS [198.51.100.1]:tcp:80 DOWN
`
		wantEnd = `INSTANCE "B" DELETED 220
INSTANCE "A" FAULT 100
GROUP "G" BACKUP 0
INSTANCE "A" STOP 100
GROUP "G" STOP 0
`
	)
	for name, c := range map[string][2]string{
		"vrrp": {wantVRRP + wantEnd, ofVRRP()}, "lvs": {wantLVS, ofLVS()}, "all": {wantVRRP + wantLVS + wantEnd, all()},
	} {
		if diff := cmp.Diff(c[0], c[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, err := os.Lstat(path(name)); !os.IsNotExist(err) {
			t.Errorf("%s is left behind: %v", name, err)
		}
	}
}

// A log of a test.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lockedBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// Without a reader nobody waits: what does not fit is dropped, and the log says so
// once, and once more when somebody reads again. What waits is written then.
func TestFIFOWithoutReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	log := &lockedBuffer{}
	f := NewFIFOs(FIFOSettings{VRRP: mine(path)}, nil, slog.New(slog.NewTextHandler(log, nil)))
	e := event.Settled{Settings: &vrrp.Instance{Name: strings.Repeat("A", 100)}, State: vrrp.Master}
	began := time.Now()
	const many = 10000
	for range many {
		f.Handle(e)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("%d events took %v", many, took)
	}
	if n := log.count("lines are dropped"); n != 1 {
		t.Errorf("%d lines about it in the log", n)
	}
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 400*1024)); err != nil {
		t.Fatal(err)
	}
	f.Handle(e)
	if n := log.count("its reader goes on"); n != 1 {
		t.Errorf("%d lines about the end of it in the log", n)
	}
	// The end does not wait for one that reads no more.
	began = time.Now()
	if err := f.Close(t.Context()); err == nil {
		t.Error("Close does not say that lines are left")
	}
	if took := time.Since(began); took > fifoPatience+5*time.Second {
		t.Errorf("Close took %v", took)
	}
}

// A reader runs as a script: it reads the pipe that it is given until it ends.
type reader struct {
	mu   sync.Mutex
	runs [][]string
	got  string
}

func (r *reader) Run(ctx context.Context, c command.Command, extra ...string) error {
	r.mu.Lock()
	r.runs = append(r.runs, append(append([]string{}, c.Words...), extra...))
	first := len(r.runs) == 1
	r.mu.Unlock()
	if first {
		return errors.New("an accident")
	}
	f, err := os.Open(extra[len(extra)-1])
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got += string(b)
	return err
}

// A script gets the path behind its own arguments, is started again when it ends, reads
// all, the end included, and goes on over a reload that does not change it.
func TestFIFOScript(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	cfg := FIFOSettings{LVS: mine(path, "read", "x")}
	r := &reader{}
	f := NewFIFOs(cfg, r, slog.New(slog.DiscardHandler))
	key := lvs.VirtualKey{Group: "G"}
	f.Handle(event.Quorum{Key: key, Up: true})
	again := cfg
	again.LVS = mine(path, "read", "x")
	f.Configure(again)
	for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		r.mu.Lock()
		n := len(r.runs)
		r.mu.Unlock()
		if n == 2 {
			break
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("it ran %d times", n)
		}
	}
	f.Handle(event.Quorum{Key: key})
	if err := f.Close(t.Context()); err != nil {
		t.Error(err)
	}
	want := [][]string{{"read", "x", path}, {"read", "x", path}}
	if diff := cmp.Diff(want, r.runs); diff != "" {
		t.Errorf("runs (-want +got):\n%s", diff)
	}
	if want := "VS [G]:0 UP\nVS [G]:0 DOWN\n"; r.got != want {
		t.Errorf("it read %q, want %q", r.got, want)
	}
}

// What is there and is no FIFO stays as it is; a FIFO that is there is used, and stays.
func TestFIFOThatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	log := &lockedBuffer{}
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := event.Settled{Settings: &vrrp.Instance{Name: "A"}, State: vrrp.Master}
	f := NewFIFOs(FIFOSettings{VRRP: mine(path)}, nil, slog.New(slog.NewTextHandler(log, nil)))
	f.Handle(e)
	if err := f.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); string(b) != "precious" || log.count("no FIFO") != 1 {
		t.Errorf("the file has %q, %v", b, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	first := NewFIFOs(FIFOSettings{VRRP: mine(path)}, nil, slog.New(slog.DiscardHandler))
	second := NewFIFOs(FIFOSettings{VRRP: mine(path)}, nil, slog.New(slog.DiscardHandler))
	got := readAll(t, path)
	second.Handle(e)
	if err := second.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path); err != nil {
		t.Error(err)
	}
	second.Configure(FIFOSettings{})
	first.Configure(FIFOSettings{}) // a reload without it
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("what it made is left behind: %v", err)
	}
	if got := got(); got != "INSTANCE \"A\" MASTER 0\n" {
		t.Errorf("read %q", got)
	}
}

// A reader that takes a line now and then is not logged each time: lines are dropped
// until half of the queue is free.
func TestFIFOWithASlowReader(t *testing.T) {
	log := &lockedBuffer{}
	p := &fifoPipe{path: "f", lines: make(chan string, fifoLines), log: slog.New(slog.NewTextHandler(log, nil))}
	for range fifoLines + 1 {
		p.put("x\n")
	}
	for range fifoLines / 2 {
		if n := log.count("goes on"); n != 0 {
			t.Fatalf("the reader goes on, with %d lines in the queue", len(p.lines))
		}
		<-p.lines
		p.put("x\n")
	}
	if begin, end := log.count("lines are dropped"), log.count(fmt.Sprint(fifoLines/2, " lines were dropped")); begin != 1 || end != 1 {
		t.Errorf("%d lines about the beginning, %d about the end:\n%s", begin, end, log.b.String())
	}
}
