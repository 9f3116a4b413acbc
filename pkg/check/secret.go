package check

import (
	"fmt"
	"strings"

	"github.com/kactl/kactl/pkg/config"
)

// masked are the lines of the files of a report without their secrets.
type masked struct {
	report *Report
	mask   *config.Masker
	lines  map[string][]string // of a file
}

// masker is nil where secrets are shown.
func (m *masked) masker() *config.Masker {
	if m == nil {
		return nil
	}
	if m.mask == nil {
		var texts []string
		for _, n := range m.report.Nodes {
			for _, f := range n.Files {
				if text, err := m.report.Sources.Text(f); err == nil {
					texts = append(texts, text)
				}
			}
		}
		m.mask = config.NewMasker(texts...)
	}
	return m.mask
}

// line is line n of a file without its secret; every character keeps its place.
func (m *masked) line(file string, n int, line string) string {
	lines, ok := m.lines[file]
	if !ok {
		text, _ := m.report.Sources.Text(file) // an error is no line
		lines = m.masker().Mask(text)
		m.lines[file] = lines
	}
	if n < 1 || n > len(lines) {
		return config.MaskLine(line)
	}
	return strings.TrimRight(lines[n-1], "\r")
}

// maskDiff puts the lines of old and new that are masked into a unified diff of
// the two.
func maskDiff(d []byte, old, new []string) []byte {
	var b strings.Builder
	var i, j int // the next lines of both
	take := func(lines []string, at *int) string {
		if *at++; *at-1 < len(lines) && *at > 0 {
			return lines[*at-1]
		}
		return ""
	}
	inHunk := false
	for line := range strings.Lines(string(d)) {
		var a, n, c, m int
		switch {
		case strings.HasPrefix(line, "@@ ") && scan(line, &a, &n, &c, &m):
			i, j, inHunk = max(a-1, 0), max(c-1, 0), true
			b.WriteString(line)
		case !inHunk:
			b.WriteString(line)
		case line[0] == '-':
			b.WriteString("-" + take(old, &i) + "\n")
		case line[0] == '+':
			b.WriteString("+" + take(new, &j) + "\n")
		case line[0] == ' ':
			j++
			b.WriteString(" " + take(old, &i) + "\n")
		default:
			b.WriteString(line)
		}
	}
	return []byte(b.String())
}

func scan(line string, a, n, c, m *int) bool {
	_, err := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", a, n, c, m)
	return err == nil
}
