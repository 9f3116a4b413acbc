package oracle

import (
	"os"
	"path/filepath"
	"strings"
)

// A line is one line of a configuration. Lines are known by their pointers, so
// that a mutation can say where it was before anybody counts.
type line struct {
	kind   lineKind
	text   string
	block  string // of the grammar, that the line is in
	depth  int
	other  *line  // the line that defines what this one uses, or the reverse
	file   string // set by write, as is number
	number int
}

type lineKind uint8

const (
	word    lineKind = iota // a keyword with its values, or data
	opening                 // a keyword with a brace
	closing                 // a brace
)

// name is the second word of the head of a block, if the generator made it up.
func (l *line) name() string {
	words := strings.Fields(l.text)
	if l.kind != opening || len(words) != 3 || !strings.Contains(words[1], "_") {
		return ""
	}
	return words[1]
}

// A document is a configuration: its lines, and what of them is in included
// files.
type document struct {
	lines []*line
	// includes are stretches of lines, a stretch within another after it.
	includes []include
	before   string // "\r" ends every line with CRLF
}

// An include is a stretch of lines that is in a file of its own.
type include struct {
	first, last *line
	file        string // from the directory of the configuration
	directive   string // with the name that is relative to the including file
}

// clone returns a copy that can be changed.
func (d *document) clone() *document {
	c := &document{before: d.before}
	same := map[*line]*line{}
	for _, l := range d.lines {
		n := *l
		same[l] = &n
		c.lines = append(c.lines, &n)
	}
	for _, l := range c.lines {
		l.other = same[l.other]
	}
	for _, i := range d.includes {
		i.first, i.last = same[i.first], same[i.last]
		c.includes = append(c.includes, i)
	}
	return c
}

const mainFile = "k.conf"

// write writes the files of d into dir and numbers its lines.
func (d *document) write(dir string) error {
	files := map[string]*strings.Builder{mainFile: {}}
	count := map[string]int{}
	open := []include{{file: mainFile}}
	put := func(text string) (string, int) {
		file := open[len(open)-1].file
		count[file] += 1 + strings.Count(text, "\n")
		files[file].WriteString(text + d.before + "\n")
		return file, count[file]
	}
	for _, l := range d.lines {
		for _, i := range d.includes {
			if i.first == l {
				put(strings.Repeat("    ", l.depth) + i.directive)
				open = append(open, i)
				files[i.file] = new(strings.Builder)
			}
		}
		l.file, l.number = put(strings.Repeat("    ", l.depth) + l.text)
		for len(open) > 1 && open[len(open)-1].last == l {
			open = open[:len(open)-1]
		}
	}
	for name, b := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// closes returns the index of the line that closes the block that line i opens.
func (d *document) closes(i int) int {
	for j := i + 1; j < len(d.lines); j++ {
		if d.lines[j].kind == closing && d.lines[j].depth == d.lines[i].depth {
			return j
		}
	}
	return len(d.lines) - 1
}

// opens returns the index of the line that opens the block that line i is in or
// closes, or -1 at the top level.
func (d *document) opens(i int) int {
	depth := d.lines[i].depth
	if d.lines[i].kind != closing {
		depth--
	}
	for j := i - 1; j >= 0 && depth >= 0; j-- {
		if d.lines[j].kind == opening && d.lines[j].depth == depth {
			return j
		}
	}
	return -1
}
