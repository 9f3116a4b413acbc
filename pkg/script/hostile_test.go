package script

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/command"

	"github.com/kactl/kactl/test/need"
)

// hostileFor is how long another user attacks.
var hostileFor = flag.Duration("hostile", 3*time.Second, "how long TestHostileUser lets another user swap links, directories and programs")

// swaps is what the other user does, without an end: each of his names is the good
// thing, the bad one, or a link to either, in turn. R is a directory of root's, U
// one of his own, S one with the sticky bit, where he has names beside root's.
const swaps = `
cp R/good "$0.good" && cp R/bad "$0.bad" && chmod 755 "$0.good" "$0.bad"
while :; do
	for f in R/good U/bad; do
		ln -sfn $f U/l1 && mv -T U/l1 U/link
		ln -sfn $f S/l2 && mv -T S/l2 S/link
		cp -p $f U/l3 && mv -T U/l3 U/file
		cp -p $f U/l4 && mv -T U/l4 U/path/tool
		cp -p $f S/l5 && mv -T S/l5 S/file
		ln -fn U/bad S/l6 && mv -T S/l6 S/hard
		ln -sfn ${f%/*} U/l7 && mv -T U/l7 U/dir
		mv -T U/real U/moved; ln -sfn R U/real; rm -f U/real; mv -T U/moved U/real
		cp -p R/good U/real/good; cp -p $f U/real/l8 && mv -T U/real/l8 U/real/good
		rm -f S/root; mv -T S/rootdir S/his; ln -sfn $f R/safe 2>/dev/null
	done
	: > U/turn
done 2>/dev/null`

// TestHostileUser starts programs of root's under script security while another
// user swaps all that he can. Nothing of his ever runs as root, and what is root's
// alone always runs.
func TestHostileUser(t *testing.T) {
	need.Root(t)
	const nobody = 65534
	base := publicDir(t)
	at := func(name string) string { return filepath.Join(base, name) }
	root, user, stick, marks := mkdir(t, at("r"), 0o755), mkdir(t, at("u"), 0o755), mkdir(t, at("s"), 0o777|os.ModeSticky), mkdir(t, at("marks"), 0o777)
	for _, d := range []string{"u/path", "u/real"} {
		mkdir(t, at(d), 0o755)
	}
	good := "#!/bin/sh\n# " + strings.Repeat("good ", 20) + "\nexit 0\n"
	bad := "#!/bin/sh\n: > " + marks + "/$(id -u)\nexit 0\n"
	writeFile(t, at("r/good"), good, 0o755)
	writeFile(t, at("r/bad"), bad, 0o755)
	writeFile(t, at("u/bad"), bad, 0o755)
	writeFile(t, at("u/path/tool"), good, 0o755)
	writeFile(t, at("s/root"), good, 0o755)
	mkdir(t, at("s/rootdir"), 0o755)
	writeFile(t, at("s/rootdir/good"), good, 0o755)
	writeFile(t, at("r/tool"), good, 0o755)
	writeFile(t, at("r/by-link"), "#!"+user+"/link\n", 0o755)
	writeFile(t, at("r/by-env"), "#!/usr/bin/env tool\n", 0o755)
	writeFile(t, at("r/uses-path"), "#!/bin/sh\ntool\n", 0o755)
	for to, name := range map[string]string{user + "/link": "r/to-link", user: "r/to-dir", root + "/good": "r/to-good"} {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"u", "u/path", "u/real", "u/bad", "u/path/tool"} {
		if err := os.Chown(at(name), nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", user+"/path:"+stick+":"+root+":/usr/bin:/bin")
	attack := strings.NewReplacer("R/", root+"/", "U/", user+"/", "S/", stick+"/", " R ", " "+root+" ", "$0", user+"/copy").Replace(swaps)
	attacker := exec.Command("/bin/sh", "-c", attack)
	attacker.Env = []string{"PATH=/usr/bin:/bin"}
	attacker.Dir = "/"
	attacker.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if err := attacker.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-attacker.Process.Pid, syscall.SIGKILL)
		_ = attacker.Wait()
	}()
	turn := filepath.Join(user, "turn")

	// Those of root's alone run each time, his and those through his never.
	mine := []string{
		root + "/good", root + "/to-good", stick + "/root", stick + "/rootdir/good", "tool", root + "/by-env", root + "/uses-path",
		root + "/../r/good", stick + "/../r/good", "</etc/passwd",
	}
	his := []string{
		user + "/link", user + "/file", user + "/dir/good", user + "/real/good", user + "/path/tool", user + "/path/../link",
		stick + "/link", stick + "/file", stick + "/hard", stick + "/his/good", root + "/to-link", root + "/to-dir/file", root + "/by-link",
	}
	var starts int
	limit := time.Now().Add(*hostileFor)
	for n := 0; time.Now().Before(limit) || n < 2 || !exists(turn); n++ {
		if time.Now().After(limit.Add(time.Minute)) {
			t.Fatal("the other user has not swapped anything")
		}
		for _, name := range mine {
			if err := runSecure(t.Context(), name); err != nil {
				t.Fatalf("%s did not run: %v", name, err)
			}
			starts++
		}
		for _, name := range his {
			for range 5 {
				if err := runSecure(t.Context(), name); !errors.Is(err, ErrInsecure) && !errors.Is(err, ErrNotExecutable) {
					t.Fatalf("%s: %v", name, err)
				}
			}
		}
		if exists(filepath.Join(marks, "0")) {
			t.Fatal("what another user chose ran as root")
		}
	}
	t.Logf("%d starts of root's programs", starts)

	// The attack is one: without script security it succeeds.
	for limit := time.Now().Add(time.Minute); !exists(filepath.Join(marks, "0")); {
		if time.Now().After(limit) {
			t.Fatal("the attack harms nobody, and so this test shows nothing")
		}
		_ = new(Runner).Run(t.Context(), command.Command{Words: []string{user + "/link"}})
	}
}

func runSecure(ctx context.Context, name string) error {
	err := new(Runner).Run(ctx, command.Command{Words: []string{name}, User: "root", Secure: true})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
