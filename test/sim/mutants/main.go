// Mutants breaks the core of VRRP, one change at a time, and lets the simulation look
// for it: no other test helps. Run it in the root of the project. It says in which
// history each mutant was seen first, and fails if one is not seen.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

var most = flag.Int("histories", 20000, "in how many histories a mutant must be seen")

func main() {
	flag.Parse()
	missed := 0
	for _, m := range mutants {
		history, err := try(m)
		switch {
		case err != nil:
			fmt.Fprintf(os.Stderr, "%s: %s: %v\n", m.File, m.What, err)
			missed++
		case history == "":
			fmt.Printf("MISSED in %d histories: %s: %s\n", *most, m.File, m.What)
			missed++
		default:
			fmt.Printf("seen in history %6s: %s: %s\n", history, m.File, m.What)
		}
	}
	fmt.Printf("%d of %d mutants are seen by the simulation alone\n", len(mutants)-missed, len(mutants))
	if missed > 0 {
		os.Exit(1)
	}
}

// found finds the number of a history that failed.
var found = regexp.MustCompile(`history (\d+) at `)

// try compiles the simulation with a mutant in it, and returns the history in which
// that is seen, or nothing.
func try(m mutant) (history string, err error) {
	dir, err := os.MkdirTemp("", "kactl-mutant-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	path, err := filepath.Abs(filepath.Join("pkg/vrrp", m.File))
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(text), m.Old); n != 1 {
		return "", fmt.Errorf("the text to change is there %d times, not once: %q", n, m.Old)
	}
	broken, overlay, binary := filepath.Join(dir, m.File), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "sim.test")
	replaced, err := json.Marshal(map[string]any{"Replace": map[string]string{path: broken}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), m.Old, m.New, 1)), 0o644); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replaced, 0o644); err != nil {
		return "", err
	}
	if out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, "./pkg/vrrp").CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile: %w\n%s", err, out)
	}
	run := exec.Command(binary, "-test.run=^TestSimulation$", "-test.timeout=0", fmt.Sprint("-histories=", *most), "-failures=1")
	run.Env = append(os.Environ(), "GOMAXPROCS=1")
	out, err := run.CombinedOutput()
	if err == nil {
		return "", nil
	}
	if f := found.FindSubmatch(out); f != nil {
		return string(f[1]), nil
	}
	return "", fmt.Errorf("the simulation ended without a word of a history: %w\n%s", err, out)
}
