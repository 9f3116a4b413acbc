package rssetup

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/need"
)

func apply(t *testing.T, s *Setup, o Options) []string {
	t.Helper()
	o.Program = "/usr/bin/kactl"
	steps, err := s.Apply(o)
	if err != nil {
		t.Fatal(err)
	}
	return commandsOf(steps)
}

func undo(t *testing.T, s *Setup) []string {
	t.Helper()
	steps, err := s.Undo(false)
	if err != nil {
		t.Fatal(err)
	}
	return commandsOf(steps)
}

func same(t *testing.T, want, got map[Thing]string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the former state is not back:\n%s", d)
	}
}

func TestApplyTwice(t *testing.T) {
	f := newFake()
	s := f.setup(t)
	before := maps.Clone(f.st.Values)
	o := Options{Targets: dr("203.0.113.16/32", "2001:db8::16/128"), Persist: true}
	dry, err := s.Apply(Options{Targets: o.Targets, Persist: true, Program: "/usr/bin/kactl", DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(commandsOf(dry), apply(t, s, o)); d != "" {
		t.Errorf("a dry run showed something else:\n%s", d)
	}
	journal, err := os.ReadFile(s.store.path)
	if err != nil {
		t.Fatal(err)
	}
	if again := apply(t, s, o); len(again) != 0 {
		t.Errorf("the second time it took %q", again)
	}
	if now, err := os.ReadFile(s.store.path); err != nil || string(now) != string(journal) {
		t.Errorf("the second time changed the journal, %v:\n%s", err, now)
	}
	dry, err = s.Undo(true)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(commandsOf(dry), undo(t, s)); d != "" {
		t.Errorf("a dry run showed something else:\n%s", d)
	}
	same(t, before, f.st.Values)
	if s.store.exists() {
		t.Error("the journal is left")
	}
	if again := undo(t, s); len(again) != 0 {
		t.Errorf("the second undo took %q", again)
	}
}

// What was there before stays, and so does what others changed meanwhile where we
// changed nothing.
func TestUndoKeepsOthers(t *testing.T) {
	f := newFake(sysctl("all", "arp_ignore", "1"), set(addr("203.0.113.16/32", "lo"), "lo:9"))
	s := f.setup(t)
	apply(t, s, Options{Targets: dr("203.0.113.16/32", "203.0.113.17/32")})
	f.st.Values[conf("eth0", "arp_ignore")] = "1"
	f.st.Values[conf("all", "arp_announce")] = "1" // of ours
	want := []string{
		"ip addr del 203.0.113.17/32 dev lo",
		"sysctl -w net.ipv4.conf.lo.arp_announce=0",
		"sysctl -w net.ipv4.conf.lo.arp_ignore=0",
		"sysctl -w net.ipv4.conf.all.arp_announce=0",
	}
	if d := cmp.Diff(want, undo(t, s)); d != "" {
		t.Error(d)
	}
	if got := f.st.Values[addr("203.0.113.16/32", "lo")]; got != "lo:9" {
		t.Errorf("the address of before has the label %q", got)
	}
}

// A run ends at any of its changes, others follow for other addresses, which may
// end so too, and so may the undoing: in the end all is as it was.
func TestAnyCrash(t *testing.T) {
	need.Time(t)
	random := rand.New(rand.NewPCG(1, 2))
	choices := [][]Target{
		dr("203.0.113.16/32"), dr("203.0.113.17/32", "2001:db8::16/128"), tun("203.0.113.18/32"),
		tun("2001:db8::18/128"), dr("203.0.113.16/32", "203.0.113.19/32"),
	}
	for round := range 200 {
		f := newFake(
			sysctl("all", "rp_filter", fmt.Sprint(random.IntN(3))), sysctl("eth0", "arp_ignore", fmt.Sprint(random.IntN(9))),
			sysctl("all", "arp_ignore", fmt.Sprint(random.IntN(3))), sysctl("lo", "arp_announce", fmt.Sprint(random.IntN(3))),
		)
		if random.IntN(2) == 0 {
			f.st.Values[addr("203.0.113.16/32", "lo")] = ""
			f.st.Values[files[0]] = "net.ipv4.ip_forward = 0\n"
		}
		s := f.setup(t)
		before := maps.Clone(f.st.Values)
		story := ""
		for range 1 + random.IntN(4) {
			f.sets, f.stop, f.after = 0, random.IntN(14), random.IntN(2) == 0
			o := Options{Targets: choices[random.IntN(len(choices))], Persist: random.IntN(2) == 0, Program: "/usr/bin/kactl"}
			steps, err := s.Apply(o)
			if err != nil && !errors.Is(err, errStopped) {
				t.Fatalf("round %d: %v", round, err)
			}
			story += fmt.Sprintf("stop at %d, %v: %q\n", f.stop, f.after, commandsOf(steps))
			if random.IntN(4) == 0 {
				f.sets, f.stop = 0, 1+random.IntN(6)
				if _, err := s.Undo(false); err != nil && !errors.Is(err, errStopped) {
					t.Fatalf("round %d: %v", round, err)
				}
				story += fmt.Sprintf("undo, stop at %d, %v\n", f.stop, f.after)
			}
		}
		f.stop = 0
		undo(t, s)
		if d := cmp.Diff(before, f.st.Values); d != "" {
			t.Fatalf("round %d: the former state is not back:\n%s\n%s", round, d, story)
		}
	}
}

// A run that ended half-way is completed by the next, which remembers the values
// from before both.
func TestApplyAfterCrash(t *testing.T) {
	all := len(apply(t, newFake().setup(t), Options{Targets: dr("203.0.113.16/32"), Persist: true}))
	for n := 1; n <= all; n++ {
		for _, after := range []bool{false, true} {
			f := newFake()
			f.stop, f.after = n, after
			s := f.setup(t)
			before := maps.Clone(f.st.Values)
			o := Options{Targets: dr("203.0.113.16/32"), Persist: true, Program: "/usr/bin/kactl"}
			if _, err := s.Apply(o); !errors.Is(err, errStopped) {
				t.Fatalf("stop at %d: %v", n, err)
			}
			f.stop = 0
			if got, want := len(apply(t, s, o)), all-n+1; got != want && !(after && got == want-1) {
				t.Errorf("stop at %d: the second run took %d steps, want %d", n, got, want)
			}
			found, err := s.Status(nil)
			if err != nil || cmp.Diff([]string(nil), wrong(found), cmpopts.EquateEmpty()) != "" {
				t.Errorf("stop at %d: %v, %v", n, wrong(found), err)
			}
			undo(t, s)
			same(t, before, f.st.Values)
		}
	}
}

// After a boot the addresses are gone. What our file set is to be set back to what
// was there before that.
func TestBoot(t *testing.T) {
	boot := func(f *fake, sysctls bool) {
		fresh := newFake()
		for _, file := range files {
			if v, ok := f.st.Values[file]; ok {
				fresh.st.Values[file] = v
			} else {
				delete(fresh.st.Values, file)
			}
		}
		if sysctls {
			for line := range strings.Lines(f.st.Values[files[0]]) {
				if name, v, ok := strings.Cut(strings.TrimSpace(line), " = "); ok {
					fresh.st.Values[Thing{Kind: Sysctl, Name: strings.ReplaceAll(name, ".", "/")}] = v
				}
			}
		}
		f.st.Values, f.boot = fresh.st.Values, "boot-2 net:[1]"
	}
	for _, persist := range []bool{false, true} {
		for _, again := range []bool{false, true} {
			t.Run(fmt.Sprintf("persist %v, set up again %v", persist, again), func(t *testing.T) {
				f := newFake()
				s := f.setup(t)
				before := maps.Clone(f.st.Values)
				o := Options{Targets: dr("203.0.113.16/32"), Persist: persist}
				apply(t, s, o)
				boot(f, persist)
				found, err := s.Status(nil)
				if persist {
					if d := cmp.Diff([]string{"203.0.113.16/32 is not on lo"}, wrong(found)); err != nil || d != "" {
						t.Errorf("%v\n%s", err, d)
					}
				} else if !errors.Is(err, ErrNothing) {
					t.Errorf("%v, %v", found, err)
				}
				if again {
					got := apply(t, s, Options{Targets: o.Targets}) // as the unit does
					if want := map[bool]int{false: 5, true: 1}[persist]; len(got) != want {
						t.Errorf("it took %q, want %d steps", got, want)
					}
				}
				undo(t, s)
				same(t, before, f.st.Values)
			})
		}
	}
}

// What has come back after a boot by other hands than ours stays.
func TestUndoAfterBoot(t *testing.T) {
	f := newFake()
	s := f.setup(t)
	apply(t, s, Options{Targets: tun("203.0.113.16/32"), Persist: true})
	f.boot = "boot-2 net:[1]"
	got := strings.Join(undo(t, s), "\n")
	if strings.Contains(got, "ip ") || !strings.Contains(got, "rm "+unitFile) || !strings.Contains(got, "net.ipv4.conf.all.arp_ignore=0") {
		t.Errorf("it took\n%s", got)
	}
}

// Each namespace has its own life: what was set in one that is gone is gone.
func TestNamespaces(t *testing.T) {
	f := newFake()
	s := f.setup(t)
	apply(t, s, Options{Targets: dr("203.0.113.16/32")})
	for boot, want := range map[string]bool{"boot-1 net:[1]": false, "boot-1 net:[2]": true, "boot-2 net:[1]": false} {
		if got := s.store.others(boot); got != want {
			t.Errorf("the journal belongs to another namespace than %s: %v, want %v", boot, got, want)
		}
	}
	f.boot = "boot-1 net:[2]"
	f.sets = 0
	if undo(t, s); f.sets != 0 {
		t.Errorf("undo in another namespace made %d changes", f.sets)
	}
}

// What is gone needs no undoing; what fails is left for the next time.
func TestUndoFails(t *testing.T) {
	f := newFake()
	s := f.setup(t)
	before := maps.Clone(f.st.Values)
	apply(t, s, Options{Targets: tun("203.0.113.16/32")})
	s.sys = failing{f, "lo", unix.EPERM}
	if _, err := s.Undo(false); !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "sysctl -w net.ipv4.conf.lo.arp_ignore=0") {
		t.Errorf("got %v", err)
	}
	s.sys = f
	if d := cmp.Diff([]string{"sysctl -w net.ipv4.conf.lo.arp_announce=0", "sysctl -w net.ipv4.conf.lo.arp_ignore=0"}, undo(t, s)); d != "" {
		t.Error(d)
	}
	same(t, before, f.st.Values)

	apply(t, s, Options{Targets: tun("203.0.113.16/32")})
	s.sys = failing{f, "tunl0", fmt.Errorf("tunl0: %w", unix.ENODEV)}
	if _, err := s.Undo(false); err != nil || s.store.exists() {
		t.Errorf("without the tunnel: %v, journal %v", err, s.store.exists())
	}
}

// An interface that is gone has taken its sysctls along, and what is as it was
// needs no right to change it.
func TestUndoOnlyWhatDiffers(t *testing.T) {
	for _, dry := range []bool{true, false} {
		f := newFake()
		s := f.setup(t)
		s.sys = failing{f, "all", unix.EROFS}
		if _, err := s.Apply(Options{Targets: dr("203.0.113.16/32")}); !errors.Is(err, unix.EROFS) {
			t.Fatal(err)
		}
		if steps, err := s.Undo(dry); len(steps) > 0 || err != nil || s.store.exists() != dry {
			t.Errorf("dry run %v: it took %q, %v, journal %v", dry, commandsOf(steps), err, s.store.exists())
		}

		f = newFake()
		s = f.setup(t)
		apply(t, s, Options{Targets: tun("203.0.113.16/32")})
		for thing := range f.st.Values {
			if thing.Device == "tunl0" || strings.Contains(thing.Name, "tunl0") {
				delete(f.st.Values, thing)
			}
		}
		steps, err := s.Undo(dry)
		if got := strings.Join(commandsOf(steps), "\n"); err != nil || strings.Contains(got, "tunl0") {
			t.Errorf("dry run %v: %v, it took\n%s", dry, err, got)
		}
	}
}

// A failing system refuses what has to do with a device.
type failing struct {
	*fake
	device string
	err    error
}

func (f failing) Set(t Thing, value *string) error {
	if t.Device == f.device || strings.Contains(t.Name, f.device) {
		return f.err
	}
	return f.fake.Set(t, value)
}

func TestBrokenJournal(t *testing.T) {
	f := newFake()
	s := f.setup(t)
	apply(t, s, Options{Targets: dr("203.0.113.16/32")})
	if err := os.WriteFile(s.store.path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	f.sets = 0
	for _, err := range []error{
		func() error { _, err := s.Undo(false); return err }(),
		func() error { _, err := s.Apply(Options{Targets: dr("203.0.113.17/32")}); return err }(),
	} {
		if err == nil || !strings.Contains(err.Error(), s.store.path+" are damaged") || !strings.Contains(err.Error(), "move the file away") || f.sets != 0 {
			t.Errorf("got %v after %d changes", err, f.sets)
		}
	}
}
