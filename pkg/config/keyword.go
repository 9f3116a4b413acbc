package config

import (
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/kactl/kactl/pkg/syntax"
)

// Support is what kactl does with a keyword.
type Support uint8

// The grades of support.
const (
	// Unsupported keywords are known to keepalived and read, but have no
	// effect yet.
	Unsupported Support = iota
	// Accepted keywords are checked and kept, but nothing acts on them yet.
	Accepted
	// Supported keywords do what keepalived does.
	Supported
)

// String names the grade in one word.
func (s Support) String() string {
	switch s {
	case Unsupported:
		return "unsupported"
	case Accepted:
		return "accepted"
	case Supported:
		return "supported"
	}
	return fmt.Sprintf("support(%d)", uint8(s))
}

// A Keyword is one word of the language in one kind of block.
type Keyword struct {
	Name string
	// Args is the synopsis of what follows, "ADDRESS [PORT]", or empty.
	Args string
	// Doc says in one line what it does. Default and Unit are part of what is
	// printed with it.
	Doc, Default, Unit string
	// Limits bound the number that it takes, if it takes one.
	Limits *Limits
	// Need is how many words must follow; keepalived stops where they lack.
	Need int
	// Since is the version of keepalived that first knows it, if that is later
	// than 2.2.7.
	Since   string
	Shape   syntax.Shape // zero is a Line
	Support Support
	// Inside are the keywords of the block that it opens.
	Inside []Keyword

	repeats bool // may be given several times in a block
	decode  func(*decoder, *Keyword, *syntax.Statement)
	block   *block
}

// Limits are the least and the greatest value of a number.
type Limits struct {
	Min, Max float64
	// Fraction allows decimals, down to microseconds.
	Fraction bool
}

func whole(least, most float64) *Limits   { return &Limits{Min: least, Max: most} }
func decimal(least, most float64) *Limits { return &Limits{Min: least, Max: most, Fraction: true} }

// String returns the limits as "1 to 255".
func (l *Limits) String() string {
	return number(l.Min) + " to " + number(l.Max)
}

// A block is the set of keywords between one pair of braces. It is the Grammar
// that package syntax asks.
type block struct {
	path     string
	keywords []*Keyword
	byName   map[string]*Keyword
}

// Keyword implements syntax.Grammar.
func (b *block) Keyword(name string) (syntax.Shape, syntax.Grammar) {
	k := b.byName[name]
	switch {
	case k == nil:
		return syntax.Unknown, nil
	case k.Shape == syntax.Unknown:
		return syntax.Line, nil
	}
	return k.Shape, k.block
}

// keywords is all blocks.
type keywords struct {
	root   *block
	blocks []*block // in order, root first
}

var table = sync.OnceValue(func() *keywords {
	t := new(keywords)
	t.root = t.add("", topKeywords())
	return t
})

func (t *keywords) add(path string, ks []Keyword) *block {
	b := &block{path: path, byName: make(map[string]*Keyword, len(ks))}
	t.blocks = append(t.blocks, b)
	for i := range ks {
		k := &ks[i]
		b.keywords = append(b.keywords, k)
		b.byName[k.Name] = k
		if k.Shape == syntax.Block {
			k.block = t.add(strings.TrimPrefix(path+"/"+k.Name, "/"), k.Inside)
		}
	}
	return b
}

// Lookup returns the keyword at path, such as "vrrp_instance", "priority".
func Lookup(path ...string) (*Keyword, bool) {
	b := table().root
	for i, name := range path {
		k := b.byName[name]
		if k == nil {
			return nil, false
		}
		if i == len(path)-1 {
			return k, true
		}
		if b = k.block; b == nil {
			return nil, false
		}
	}
	return nil, false
}

// Keywords yields every keyword with its path, "vrrp_instance/priority": blocks
// in the order of the table, a block before what is in it.
func Keywords() iter.Seq2[string, *Keyword] {
	return func(yield func(string, *Keyword) bool) {
		walkTable(table().root, yield)
	}
}

func walkTable(b *block, yield func(string, *Keyword) bool) bool {
	for _, k := range b.keywords {
		if !yield(strings.TrimPrefix(b.path+"/"+k.Name, "/"), k) {
			return false
		}
		if k.block != nil && !walkTable(k.block, yield) {
			return false
		}
	}
	return true
}
