package daemon

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A process as a test has it in its /proc.
type process struct {
	tgid  int // the process's own number if it is 0
	uids  string
	state string
	name  string
	exe   string
}

func TestIsKeepalived(t *testing.T) {
	dir := t.TempDir()
	programs := filepath.Join(dir, "programs")
	if err := os.Mkdir(programs, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"keepalived", "kactl", "sleep"} {
		if err := os.WriteFile(filepath.Join(programs, name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// kactl, installed in keepalived's place.
	if err := os.Mkdir(filepath.Join(programs, "sbin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(programs, "kactl"), filepath.Join(programs, "sbin/keepalived")); err != nil {
		t.Fatal(err)
	}
	const root = "0\t0\t0\t0"
	number := 100
	add := func(p process) int {
		t.Helper()
		number++
		d := filepath.Join(dir, fmt.Sprint(number))
		if p.tgid == 0 {
			p.tgid = number
		}
		if p.state == "" {
			p.state = "S (sleeping)"
		}
		status := fmt.Sprintf("Name:\t%s\nState:\t%s\nTgid:\t%d\nPid:\t%d\nUid:\t%s\n", p.name, p.state, p.tgid, number, p.uids)
		err := errors.Join(os.Mkdir(d, 0o755), os.WriteFile(filepath.Join(d, "status"), []byte(status), 0o444))
		if p.exe != "" {
			err = errors.Join(err, os.Symlink(filepath.Join(programs, p.exe), filepath.Join(d, "exe")))
		}
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
	self := add(process{uids: root, name: "keepalived", exe: "kactl"})
	parent := add(process{uids: root, name: "keepalived", exe: "keepalived"})
	ps := processes{dir: dir, self: self, parent: parent}
	for what, tt := range map[string]struct {
		pid  int
		want bool
	}{
		"keepalived":                      {add(process{uids: root, name: "keepalived", exe: "keepalived"}), true},
		"one that has been replaced":      {add(process{uids: root, name: "keepalived", exe: "keepalived (deleted)"}), true},
		"its debugging build":             {add(process{uids: root, name: "keepalived_vrrp", exe: "keepalived-dbg"}), true},
		"none":                            {0, false},
		"no number":                       {-1, false},
		"this one":                        {self, false},
		"the one that started it":         {parent, false},
		"one that has ended":              {4000, false},
		"one that nobody has waited for":  {add(process{uids: root, name: "keepalived", state: "Z (zombie)"}), false},
		"a thread of keepalived":          {add(process{tgid: 103, uids: root, name: "keepalived", exe: "keepalived"}), false},
		"a thread of this one":            {add(process{tgid: self, uids: root, name: "keepalived", exe: "keepalived"}), false},
		"another program":                 {add(process{uids: root, name: "sleep", exe: "sleep"}), false},
		"another program by its name":     {add(process{uids: root, name: "keepalived", exe: "sleep"}), false},
		"a user's program by its name":    {add(process{uids: "1000\t1000\t1000\t1000", name: "keepalived", exe: "sleep"}), false},
		"keepalived, started by a user":   {add(process{uids: "1000\t1000\t1000\t1000", name: "keepalived", exe: "keepalived"}), false},
		"a setuid keepalived of a user's": {add(process{uids: "1000\t0\t0\t0", name: "keepalived", exe: "keepalived"}), false},
		"kactl":                           {add(process{uids: root, name: "kactl", exe: "kactl"}), false},
		"kactl by its name":               {add(process{uids: root, name: "keepalived", exe: "sbin/keepalived"}), false},
	} {
		if got := ps.isKeepalived(tt.pid); got != tt.want {
			t.Errorf("%s: %v, want %v", what, got, tt.want)
		}
	}
}
