// Package ipvsadm holds kactl ipvs against ipvsadm: of the same table both
// write the same bytes.
package ipvsadm

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, true, "ipvsadm") }

// A director is a network namespace with a table.
type director struct {
	*lab.Namespace
	t *testing.T
}

// newDirector makes a namespace that has addresses, and restores rules there.
func newDirector(t *testing.T, rules string, addrs ...string) director {
	t.Helper()
	ns, err := lab.NewNamespace()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ns.Close)
	d := director{ns, t}
	d.do(func() error {
		lo, err := netlink.LinkByName("lo")
		if err != nil {
			return err
		}
		return netlink.LinkSetUp(lo)
	})
	attrs := netlink.NewLinkAttrs()
	attrs.Name = "lan"
	d.do(func() error { return netlink.LinkAdd(&netlink.Dummy{LinkAttrs: attrs}) })
	d.do(func() error {
		lan, err := netlink.LinkByName("lan")
		if err != nil {
			return err
		}
		for _, text := range addrs {
			addr, err := netlink.ParseAddr(text)
			if err != nil {
				return err
			}
			addr.Flags = 0x02 // no duplicate address detection, which takes its time
			if err := netlink.AddrAdd(lan, addr); err != nil {
				return fmt.Errorf("%s: %w", text, err)
			}
		}
		return netlink.LinkSetUp(lan)
	})
	d.restore(rules)
	return d
}

func (d director) do(f func() error) {
	d.t.Helper()
	if err := d.Do(f); err != nil {
		d.t.Fatal(err)
	}
}

// run runs a program in the namespace.
func (d director) run(stdin string, command ...string) (stdout, stderr string, status int) {
	d.t.Helper()
	var out, complaint bytes.Buffer
	d.do(func() error {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &complaint
		err := cmd.Run()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			status, err = exit.ExitCode(), nil
		}
		return err
	})
	return out.String(), complaint.String(), status
}

// output is what a program writes that succeeds.
func (d director) output(command ...string) string {
	d.t.Helper()
	out, complaint, status := d.run("", command...)
	if status != 0 || complaint != "" {
		d.t.Errorf("%q: exit status %d: %s", command, status, complaint)
	}
	return out
}

func kactl(args ...string) []string {
	return append([]string{os.Getenv(lab.BinaryVar), "ipvs"}, args...)
}

func (d director) restore(rules string) {
	d.t.Helper()
	if out, complaint, status := d.run(rules, "ipvsadm", "-R"); status != 0 || out+complaint != "" {
		d.t.Fatalf("ipvsadm -R: exit status %d: %s%s", status, out, complaint)
	}
}

// same ends with an error unless both programs write the same for these words
// of a command line. It returns what that is.
func (d director) same(args ...string) string {
	d.t.Helper()
	want := d.output(append([]string{"ipvsadm", "-Ln"}, args...)...)
	if diff := cmp.Diff(want, d.output(kactl(args...)...)); diff != "" {
		d.t.Errorf("%q (-ipvsadm +kactl):\n%s", args, diff)
	}
	return want
}
