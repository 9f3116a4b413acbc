package peers

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

const fifoGroup = `
global_defs {
    vrrp_version 3
    script_user root
    notify_fifo {{.Data}}/all
    vrrp_notify_fifo {{.Data}}/vrrp
}
track_file weigh {
    file {{.Data}}/weight
    weight 1
    init_file 0
}
vrrp_sync_group G {
    group {
        A
        B
    }
    notify_priority_changes on
    sync_group_tracking_weight
}
vrrp_instance A {
    interface eth0
    virtual_router_id 51
    priority 150
    advert_int 0.5
    track_file {
        weigh
    }
    virtual_ipaddress {
        203.0.113.1/24
    }
}
vrrp_instance B {
    interface eth0
    virtual_router_id 52
    priority 140
    advert_int 0.5
    virtual_ipaddress {
        203.0.113.2/24
    }
}
`

const fifoOthers = `
vrrp_instance C {
    interface eth0
    virtual_router_id 53
    advert_int 0.5
    notify_priority_changes on
    track_file {
        weigh
    }
    virtual_ipaddress {
        203.0.113.3/24
    }
}
vrrp_instance D {
    interface eth0
    virtual_router_id 54
    advert_int 0.5
    notify_deleted
    track_file {
        weigh
    }
    virtual_ipaddress {
        203.0.113.4/24
    }
}
`

// A fifoReader reads the lines of a pipe.
type fifoReader struct {
	mu    sync.Mutex
	lines []string
}

func readFIFO(t testing.TB, path string) *fifoReader {
	lab.Eventually(t, startLimit, "there is "+path, func() bool {
		_, err := os.Stat(path)
		return err == nil
	})
	r := &fifoReader{}
	ended := t.Context().Done()
	go func() {
		// keepalived removes its pipes when it reads its file again, and makes others.
		for {
			select {
			case <-ended:
				return
			case <-time.After(10 * time.Millisecond):
			}
			f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
			if err != nil {
				continue
			}
			for s := bufio.NewScanner(f); s.Scan(); {
				r.mu.Lock()
				r.lines = append(r.lines, s.Text())
				r.mu.Unlock()
			}
			f.Close()
		}
	}()
	return r
}

// took returns the first n lines, in order, and forgets them; nil if there are fewer.
func (r *fifoReader) took(n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) < n {
		return nil
	}
	lines := sorted(r.lines[:n])
	r.lines = slices.Clone(r.lines[n:])
	return lines
}

// TestFIFO compares what kactl and keepalived write to FIFOs, line by line. The order
// of several instances that change at once is not the same, and does not count.
func TestFIFO(t *testing.T) {
	t.Parallel()
	for _, kind := range []lab.Kind{lab.DefaultKind(), lab.Keepalived} {
		t.Run(string(kind), lab.Story(func(t testing.TB) {
			l := lab.New(t)
			h := l.Host("lb1", l.Segment("lan"), "198.51.100.1/24")
			dir := l.Dir()
			d := h.Start(lab.Config{Kind: kind, Text: fifoGroup + fifoOthers, Data: dir})
			all, vrrp := readFIFO(t, filepath.Join(dir, "all")), readFIFO(t, filepath.Join(dir, "vrrp"))
			stage := func(name, text string) {
				t.Helper()
				want := strings.Split(strings.TrimSpace(text), "\n")
				for _, r := range []*fifoReader{all, vrrp} {
					var got []string
					lab.Within(startLimit+5*time.Second, func() bool {
						got = r.took(len(want))
						return got != nil
					})
					if got == nil {
						r.mu.Lock()
						got = slices.Clone(r.lines)
						r.mu.Unlock()
					}
					if diff := cmp.Diff(sorted(want), got); diff != "" {
						t.Errorf("%s (-want +got):\n%s", name, diff)
					}
				}
			}
			stage("start", `
INSTANCE "A" BACKUP 150
INSTANCE "B" BACKUP 140
INSTANCE "C" BACKUP 100
INSTANCE "D" BACKUP 100
GROUP "G" BACKUP 0
INSTANCE "A" MASTER 150
INSTANCE "B" MASTER 140
GROUP "G" MASTER 0
INSTANCE "C" MASTER 100
INSTANCE "D" MASTER 100
`)
			if err := os.WriteFile(filepath.Join(dir, "weight"), []byte("20\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			stage("another priority", `
INSTANCE "A" MASTER_PRIORITY 170
INSTANCE "C" MASTER_PRIORITY 120
`)
			h.Cut()
			stage("no carrier", `
INSTANCE "A" FAULT 170
INSTANCE "B" FAULT 140
GROUP "G" FAULT 0
INSTANCE "C" FAULT 120
INSTANCE "D" FAULT 120
`)
			h.Heal()
			stage("a carrier again", `
INSTANCE "A" BACKUP 170
INSTANCE "B" BACKUP 140
GROUP "G" BACKUP 0
INSTANCE "C" BACKUP 120
INSTANCE "D" BACKUP 120
INSTANCE "A" MASTER 170
INSTANCE "B" MASTER 140
GROUP "G" MASTER 0
INSTANCE "C" MASTER 120
INSTANCE "D" MASTER 120
`)
			d.Configure(fifoGroup, dir)
			d.Reload()
			again := ""
			if kind == lab.Keepalived {
				// It begins anew with the file's number, and A has been master all the time.
				again = `INSTANCE "A" BACKUP_PRIORITY 170`
			}
			stage("a reload without two", again+`
INSTANCE "C" FAULT 120
INSTANCE "D" DELETED 120
`)
			d.Stop()
			stage("the end", `
INSTANCE "A" STOP 170
INSTANCE "B" STOP 140
GROUP "G" STOP 0
`)
			for _, name := range []string{"all", "vrrp"} {
				if _, err := os.Stat(filepath.Join(dir, name)); !os.IsNotExist(err) {
					t.Errorf("the FIFO %s is left behind: %v", name, err)
				}
			}
		}))
	}
}
