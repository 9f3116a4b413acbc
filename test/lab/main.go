package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/uml"

	"github.com/kactl/kactl/test/need"
)

// insideVar tells the program in a guest that it is there.
const insideVar = "KACTL_LAB_GUEST"

func inGuest() bool { return os.Getenv(insideVar) != "" }

// How many scenarios run at the same time: they mostly wait, but a guest has
// one slow processor.
const (
	parallel        = "12"
	parallelInGuest = "5"
)

// TestMain is the TestMain of a package of end-to-end tests, where m is its
// *testing.M. With needIPVS the tests run in user-mode Linux if this kernel
// has no IPVS. Programs are more that the tests run, by name or as
// "program:package" where Debian's package is called otherwise.
func TestMain(m interface{ Run() int }, needIPVS bool, programs ...string) {
	uml.Init()
	if err := flag.CommandLine.Parse(os.Args[1:]); err != nil {
		os.Exit(2)
	}
	if inert() {
		os.Exit(m.Run())
	}
	if testing.Short() {
		noTests("networks and guests are left to make test")
		os.Exit(0)
	}
	if !given("test.parallel") {
		// The default is the number of processors: one in a guest.
		n := parallel
		if needIPVS {
			n = parallelInGuest
		}
		_ = flag.Set("test.parallel", n)
	}
	status, err := run(needIPVS, programs, testArgs(os.Args[1:]), m.Run)
	if err == nil {
		os.Exit(status)
	}
	noTests(err)
	if need.Everything() {
		os.Exit(1)
	}
	os.Exit(0)
}

// noTests says why no test runs, and ends with the line by which go test writes
// "[no tests to run]" behind its "ok".
func noTests(why any) {
	fmt.Println("end-to-end tests did not run:", why)
	fmt.Println("testing: warning: no tests to run")
}

// inert tells whether the command line only asks for the list of tests.
func inert() bool { return flag.Lookup("test.list").Value.String() != "" }

// given tells whether a flag is on the command line.
func given(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// Main is TestMain for a program that is no test: body does its work.
func Main(body func() int) int {
	uml.Init()
	status, err := run(true, nil, os.Args[1:], body)
	if err != nil {
		fmt.Fprintln(os.Stderr, filepath.Base(os.Args[0])+":", err)
		return 1
	}
	return status
}

// ErrNotRoot says that network namespaces take root.
var ErrNotRoot = errors.New("this takes root")

// run calls body where it can work: here, or in a guest, where the same
// program with args calls it again.
func run(needIPVS bool, programs, args []string, body func() int) (status int, err error) {
	if os.Getuid() != 0 {
		return 0, ErrNotRoot
	}
	if DefaultKind() == Keepalived {
		programs = append(programs, string(Keepalived))
	}
	for _, program := range programs {
		name, pkg, other := strings.Cut(program, ":")
		if !other {
			pkg = name
		}
		if _, err := exec.LookPath(name); err != nil {
			return 0, fmt.Errorf("%w: apt-get install %s", err, pkg)
		}
	}
	cleanup, err := findBinary()
	if err != nil {
		return 0, err
	}
	defer cleanup()
	if !needIPVS || HaveIPVS() {
		return body(), nil
	}
	if inGuest() {
		return 0, errors.New("the guest kernel has no IPVS")
	}
	return runInGuest(args)
}

// HaveIPVS tells whether this kernel balances, after trying to load what
// that takes.
func HaveIPVS() bool {
	if _, err := netlink.GenlFamilyGet("IPVS"); err != nil {
		if modprobe, err := exec.LookPath("modprobe"); err == nil {
			_ = exec.Command(modprobe, "-aq", "ip_vs", "ipip").Run()
		}
	}
	_, err := netlink.GenlFamilyGet("IPVS")
	return err == nil
}

// modules are what the scenarios need of the guest's kernel.
var modules = strings.Fields(`ipv6 af_packet veth bridge dummy macvlan ipip tunnel6 ip6_tunnel
	nf_tables nft_ct nft_reject_inet nf_conntrack nf_nat
	ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_fo ip_vs_ovf ip_vs_lblc ip_vs_lblcr
	ip_vs_dh ip_vs_sh ip_vs_mh ip_vs_sed ip_vs_nq ip_vs_pe_sip sctp`)

// guestLimit bounds a guest where the tests have no time-out of their own.
const guestLimit = 30 * time.Minute

func runInGuest(args []string) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	defer stop()
	dir, err := os.Getwd()
	if err != nil {
		return 0, err
	}
	return Guest(ctx, dir, os.Stdout, append([]string{"/proc/self/exe"}, args...)...)
}

// Guest runs a command in a guest kernel that has IPVS, in a directory that
// it can only read, and returns its exit status. The calling program is the
// guest's init: see [uml.Run].
func Guest(ctx context.Context, dir string, out io.Writer, command ...string) (int, error) {
	visible := []string{moduleRoot(dir)}
	if program := command[0]; program != "/proc/self/exe" {
		visible = append(visible, filepath.Dir(program))
	}
	env := []string{insideVar + "=1", "KACTL_E2E=1"} // a guest has everything
	for _, name := range []string{"CI", DirectorVar} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	if bin := os.Getenv(BinaryVar); bin != "" {
		// In a directory of its own: the guest may hide the one it lies in.
		stage, err := os.MkdirTemp("", "kactl-guest-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(stage)
		if err := copyProgram(filepath.Join(stage, "kactl"), bin); err != nil {
			return 0, fmt.Errorf("copy kactl for the guest: %w", err)
		}
		visible = append(visible, stage)
		env = append(env, BinaryVar+"="+filepath.Join(stage, "kactl"))
	}
	limit := guestLimit
	if f := flag.Lookup("test.timeout"); f != nil {
		if d, err := time.ParseDuration(f.Value.String()); err == nil && d > 0 {
			limit = d + 2*time.Minute // to boot, and for the tests to say where they hang
		}
	}
	return uml.Run(ctx, uml.Config{
		Command: command, Env: env, Dir: dir, Visible: visible, Modules: modules,
		Limit: limit, Output: out,
	})
}

// moduleRoot is the directory of the module that dir lies in, or dir itself: tests
// read files of other packages.
func moduleRoot(dir string) string {
	for up := dir; up != "/"; up = filepath.Dir(up) {
		if _, err := os.Stat(filepath.Join(up, "go.mod")); err == nil {
			return up
		}
	}
	return dir
}

// testArgs are the arguments of go test for the same binary in a guest: not
// those that name files which only this side can write.
func testArgs(args []string) []string {
	var out []string
	for _, a := range args {
		name, _, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		switch name {
		case "test.testlogfile", "test.gocoverdir", "test.outputdir", "test.coverprofile":
		default:
			out = append(out, a)
		}
	}
	return out
}

// findBinary builds kactl unless the environment names one. Tests run more of it
// than the director.
func findBinary() (cleanup func(), err error) {
	if os.Getenv(BinaryVar) != "" {
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "kactl-bin-")
	if err != nil {
		return nil, err
	}
	cleanup = func() { os.RemoveAll(dir) }
	bin := filepath.Join(dir, "kactl")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "github.com/kactl/kactl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		cleanup()
		return nil, fmt.Errorf("build kactl: %w\n%s", err, out)
	}
	return cleanup, os.Setenv(BinaryVar, bin)
}

func copyProgram(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}
