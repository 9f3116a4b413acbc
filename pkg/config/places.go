package config

import (
	"strings"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// separator joins the words of a path.
const separator = "\x00"

// places say where things were configured. Most are never asked for: what is
// kept while reading is which blocks there were, and the rest is looked up in
// the tree.
type places struct {
	body     []*syntax.Statement // of the whole tree
	sections []section           // in the order of reading
	lines    map[string]diag.Range

	// The sections by path, as far as they are indexed.
	index map[string]*syntax.Statement
	paths []string
}

// A section is a block that was read.
type section struct {
	outer     int // its place in the sections, or top
	statement *syntax.Statement
	name      string // behind the keyword; empty if it has none
}

// top is the outer section of the blocks at the top level.
const top = -1

func newPlaces() places {
	return places{lines: map[string]diag.Range{}, index: map[string]*syntax.Statement{}}
}

// open records a block and returns its place in the sections.
func (p *places) open(outer int, s *syntax.Statement, path []string) int {
	p.sections = append(p.sections, section{outer, s, strings.Join(path[1:], separator)})
	return len(p.sections) - 1
}

// line records a place that the tree does not tell. The first one counts.
func (p *places) line(at diag.Range, path []string) {
	key := strings.Join(path, separator)
	if _, ok := p.lines[key]; !ok {
		p.lines[key] = at
	}
}

func (p *places) at(path []string) diag.Range {
	p.update()
	key := strings.Join(path, separator)
	if at, ok := p.lines[key]; ok {
		return at
	}
	if s := p.index[key]; s != nil {
		return s.Range()
	}
	body, name := p.body, key
	if i := strings.LastIndex(key, separator); i >= 0 {
		name, body = key[i+1:], nil
		if outer := p.index[key[:i]]; outer != nil {
			body = outer.Body()
		}
	}
	for _, s := range body {
		if s.Name() == name {
			return s.Range()
		}
	}
	return diag.Range{}
}

// update indexes the sections that were opened since. Of two of one path the
// first counts.
func (p *places) update() {
	for _, s := range p.sections[len(p.paths):] {
		path := s.statement.Name()
		if s.name != "" {
			path += separator + s.name
		}
		if s.outer != top {
			path = p.paths[s.outer] + separator + path
		}
		p.paths = append(p.paths, path)
		if p.index[path] == nil {
			p.index[path] = s.statement
		}
	}
}
