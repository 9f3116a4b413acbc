package cmd

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// word is a flag as a text has it.
var word = regexp.MustCompile(`(?:^|[^\w-])(--?[A-Za-z0-9][\w-]*)`)

// words are the flags that a text speaks of.
func words(text string) map[string]bool {
	all := map[string]bool{}
	for _, m := range word.FindAllStringSubmatch(text, -1) {
		all[m[1]] = true
	}
	return all
}

// TestReadmeFlags wants the README to speak of each flag in the section of its
// command, and its tables to have no others.
func TestReadmeFlags(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Root().Commands() {
		_, section, ok := strings.Cut(string(readme), "\n## "+c.CommandPath()+"\n")
		if !ok {
			switch c.Name() {
			case "version", "help", "completion": // described with all commands
			default:
				t.Errorf("%s has no section", c.CommandPath())
			}
			continue
		}
		section, _, _ = strings.Cut(section, "\n## ")
		told, real := words(section), map[string]bool{}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			long, short := "--"+f.Name, "-"+f.Shorthand
			real[long], real[short] = true, true
			if f.Name != "help" && !f.Hidden && !told[long] && !told[short] {
				t.Errorf("%s %s is not told of", c.CommandPath(), long)
			}
		})
		for line := range strings.Lines(section) {
			if !strings.HasPrefix(line, "| `-") {
				continue
			}
			cell, _, _ := strings.Cut(line[2:], " | ")
			for flag := range words(cell) {
				if !real[flag] {
					t.Errorf("%s has no flag %s", c.CommandPath(), flag)
				}
			}
		}
	}
}
