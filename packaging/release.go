package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"
)

// options are those of the command line.
type options struct {
	version, out           string
	architectures, formats []string
}

// A release is what is read of goreleaser.yaml. The rest concerns goreleaser.
type release struct {
	Before struct{ Hooks []string }
	Builds []build
	NFPMs  []map[string]any
}

// A build is a program.
type build struct {
	ID, Binary          string
	Env, Flags, Ldflags []string
	Goos, Goarch        []string
}

// facts are what the templates of goreleaser.yaml ask for.
type facts struct {
	Version string
	// CommitDate and CommitTimestamp are the time of the commit, so that the
	// same commit makes the same packages.
	CommitDate, CommitTimestamp string
}

func (o options) run() error {
	text, err := os.ReadFile("goreleaser.yaml")
	if err != nil {
		return err
	}
	var r release
	if err := yaml.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("goreleaser.yaml: %w", err)
	}
	f, err := o.facts()
	if err != nil {
		return err
	}
	for _, hook := range r.Before.Hooks {
		if err := command(nil, "sh", "-c", hook); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for _, arch := range o.architectures {
		binaries, err := o.build(r.Builds, f, arch)
		if err != nil {
			return err
		}
		for _, p := range r.NFPMs {
			if err := o.pack(p, binaries, f, arch); err != nil {
				return err
			}
		}
	}
	return nil
}

// facts asks git for the commit.
func (o options) facts() (facts, error) {
	out, err := exec.Command("git", "log", "-1", "--format=%cI %ct").Output()
	date, stamp, ok := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !ok {
		return facts{}, fmt.Errorf("git tells no commit: %w", err)
	}
	return facts{o.version, date, stamp}, nil
}

// fill fills in the templates in s.
func (f facts) fill(s string) (string, error) {
	t, err := template.New("").Option("missingkey=error").Parse(s)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, f)
	return b.String(), err
}

// build compiles the programs for one architecture and returns their paths.
func (o options) build(builds []build, f facts, arch string) ([]string, error) {
	var paths []string
	for _, b := range builds {
		if !slices.Contains(b.Goarch, arch) || !slices.Contains(b.Goos, "linux") {
			return nil, fmt.Errorf("goreleaser.yaml does not build %s for linux on %s", b.ID, arch)
		}
		path := filepath.Join(o.out, "linux_"+arch, b.Binary)
		args := append([]string{"build", "-o", path}, b.Flags...)
		for _, l := range b.Ldflags {
			l, err := f.fill(l)
			if err != nil {
				return nil, err
			}
			args = append(args, "-ldflags", l)
		}
		if err := command(append(b.Env, "GOOS=linux", "GOARCH="+arch), "go", append(args, ".")...); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// command runs a program, with env besides the environment.
func command(env []string, name string, args ...string) error {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(c.Args, " "), err)
	}
	return nil
}
