// Package limits holds kactl to bounds of memory and time for files that are
// made to exhaust it.
package limits

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	mostFile   = 1 << 20          // bytes of a file
	mostMemory = 256 << 20        // bytes at the peak
	mostTime   = 15 * time.Second // of the CPU: three times what is wanted, for machines that are busy
)

// full repeats text up to the size of a file, between head and tail.
func full(head, text, tail string) string {
	return head + strings.Repeat(text, (mostFile-len(head)-len(tail))/len(text)) + tail
}

// numbered is lines of a format with a number.
func numbered(head, format, tail string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; b.Len() < mostFile-len(format)-len(tail)-16; i++ {
		fmt.Fprintf(&b, format, i)
	}
	return b.String() + tail
}

// files are texts of at most 1 MiB, each of which calls itself hostile.conf.
func files() map[string]string {
	double := "$B0=xx\n"
	for i := range 30 {
		double += fmt.Sprintf("$B%d=${B%d}${B%d}\n", i+1, i, i)
	}
	var chain strings.Builder
	last := 0
	for chain.WriteString("$a0=x\n"); chain.Len() < mostFile-64; last++ {
		fmt.Fprintf(&chain, "$a%d=$a%d\n", last+1, last)
	}
	fmt.Fprintf(&chain, "auth_pass $a%d\n", last)
	return map[string]string{
		"definitions in a chain, secret": chain.String(),
		"instances by sequence":          "~SEQ(x,1,1000000) vrrp_instance V$x { interface eth0 virtual_router_id 1\n}\n",
		"as many as may be":              "~SEQ(x,1,26000) vrrp_instance V$x { interface eth0 virtual_router_id 1\n}\n",
		"scripts, as many as may be":     "~SEQ(x,1,26000) vrrp_script V$x { script /bin/true\n}\n",
		"addresses, as many as may be":   "static_ipaddress {\n~SEQ(b,0,255) ~SEQ(c,0,255) 10.0.${b}.${c}/32 dev eth0\n}\n",
		"addresses by sequences":         "static_ipaddress {\n~SEQ(a,0,15) ~SEQ(b,0,255) ~SEQ(c,0,255) 10.${a}.${b}.${c}/32 dev eth0\n}\n",
		"servers by sequences":           "virtual_server 192.0.2.1 80 {\n~SEQ(b,0,255) ~SEQ(c,0,255) real_server 10.0.${b}.${c} 80 { TCP_CHECK {\n} }\n}\n",
		"braces by sequence":             "~SEQ(a,1,1000000) " + strings.Repeat("{}", 400) + "\n",
		"long lines by sequence":         "~SEQ(x,1,500000) router_id " + strings.Repeat("a", 900) + "\n",
		"words by sequence":              "~SEQ(x,1,500000) router_id " + strings.Repeat("a ", 450) + "\n",
		"nothing by sequences":           "~SEQ(a,1,1000) ~SEQ(b,1,1000) ~SEQ(c,1,1000) @no x\n",
		"many sequences":                 full("", "~SEQ(x,1,1000) a $x\n", ""),
		"lists in each other":            full("", "~LST(x,"+strings.Repeat("a,", 200)+"a) ~LST(y,"+strings.Repeat("a,", 200)+"a) foo $x $y\n", ""),
		"definitions that double":        full(double, "router_id $B9\n", ""),
		"definitions of many lines":      full("$A=a b c \\\n"+strings.Repeat(" a b c \\\n", 1000)+"\n", "$A\n", ""),
		"itself, again and again":        full("", "include hostile.conf\n", ""),
		"another file, again and again":  full("", "include other.conf\n", ""),
		"instances":                      numbered("", "vrrp_instance %x {\n}\n", ""),
		"instances of one VRID":          numbered("", "vrrp_instance V%d {\ninterface e\nvirtual_router_id 1\n}\n", ""),
		"servers":                        numbered("virtual_server 192.0.2.1 80 {\n", "real_server 10.0.0.1 %d {\n}\n", "}\n"),
		"addresses":                      full("vrrp_instance a {\nvirtual_ipaddress {\n", "192.0.2.1\n", "}\n}\n"),
		"mistakes":                       full("vrrp_instance a {\nvirtual_ipaddress {\n", "x\n", "}\n}\n"),
		"interfaces to track":            numbered("vrrp_instance a {\ntrack_interface {\n", "e%x\n", "}\n}\n"),
		"scripts to track":               numbered("vrrp_instance a {\ntrack_script {\n", "e%x\n", "}\n}\n"),
		"tiny blocks":                    full("", "a{}", ""),
		"nested blocks":                  full("", "vrrp_instance A {\n", ""),
		"one word":                       "router_id " + strings.Repeat("a", mostFile-20),
		"one line":                       full("", "priority 300 ", ""),
		"quotes":                         full("", "a \"\n", ""),
		"conditions":                     full("", "@^a b\n", ""),
		"closing braces":                 full("", "}\n", ""),
		"NUL bytes":                      full("", "a\x00b\n", ""),
	}
}

// TestFiles gives each file to each way to read it.
func TestFiles(t *testing.T) {
	kactl := build(t)
	for name, text := range files() {
		t.Run(name, func(t *testing.T) {
			if len(text) > mostFile {
				t.Fatalf("%d bytes", len(text))
			}
			dir := t.TempDir()
			for file, text := range map[string]string{"hostile.conf": text, "other.conf": strings.Repeat("a b\n", 100_000)} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range modes(name) {
				endure(t, kactl, dir, args)
			}
		})
	}
}

// modes are those that a file is read in: all of them for what is large as it
// is decoded, and what all share for the others.
func modes(name string) [][]string {
	all := [][]string{{"check", "hostile.conf"}, {"run", "-t", "-f", "hostile.conf"}}
	if name == "instances by sequence" || name == "as many as may be" || name == "instances" || name == "one line" {
		all = append(all, []string{"check", "--format", "hostile.conf"}, []string{"check", "--diff", "--format", "hostile.conf"},
			[]string{"check", "--print-config", "hostile.conf"}, []string{"check", "-o", "sarif", "hostile.conf"})
	}
	return all
}

func endure(t *testing.T, kactl, dir string, args []string) {
	t.Helper()
	cmd := exec.Command(kactl, args...)
	cmd.Dir = dir
	var tail strings.Builder
	cmd.Stderr = &tail
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	memory, spent := used.Maxrss*1024, cmd.ProcessState.UserTime()
	t.Logf("%s: %d MB, %v", strings.Join(args, " "), memory>>20, spent.Round(time.Millisecond))
	if memory > mostMemory || spent > mostTime {
		t.Errorf("%s: %d MB, %v", strings.Join(args, " "), memory>>20, spent)
	}
	if !cmd.ProcessState.Exited() || strings.Contains(tail.String(), "goroutine ") {
		t.Errorf("%s: %v\n%.2000s", strings.Join(args, " "), cmd.ProcessState, tail.String())
	}
}

// build builds kactl.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kactl")
	cmd := exec.Command("go", "build", "-o", path, "github.com/kactl/kactl")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}
