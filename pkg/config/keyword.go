package config

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kactl/kactl/pkg/syntax"
)

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
	Since string
	Shape syntax.Shape // zero is a Line
	// Effect says that the daemon acts on it. The others are read and checked.
	Effect bool
	// NotYet are words behind a keyword with Effect that have none yet.
	NotYet []string
	// Protects says that a file which has it is less protected without it. That
	// is true of keywords without Effect alone.
	Protects bool
	// Instead says what happens while it has no effect, where that is less
	// protection than the file asks for: it is a warning then.
	Instead string
	// Inside are the keywords of the block that it opens, or the words that may
	// stand in a line of the list that it opens.
	Inside []Keyword
	// Most is how many words may follow: those beyond are reported. 0 does not
	// say, and none is less than that.
	Most int

	repeats bool // may be given several times in a block
	later   bool // the end of the block around it says that it has no effect
	decode  func(*decoder, *Keyword, *syntax.Statement)
	// word reads a word of a line, its values included. It reports false if
	// keepalived drops the line.
	word  func(*decoder, *Keyword, *cursor) bool
	block *block
	index int // in the block that it is a word of
}

var falseWords = []string{"false", "off", "no"}

// asDefault reports whether s sets k to what it is without s.
func (k *Keyword) asDefault(s *syntax.Statement) bool {
	value := s.Arg(0)
	if n, err := strconv.ParseFloat(k.Default, 64); k.Limits != nil && err == nil {
		v, err := strconv.ParseFloat(value, 64)
		return err == nil && v == n
	}
	return value != "" && (value == k.Default || k.Args == "[BOOL]" && slices.Contains(falseWords, value))
}

// counted sets Most of every keyword in ks, and of those inside, whose synopsis
// says how many words may follow.
func counted(ks []Keyword) []Keyword {
	for i := range ks {
		k := &ks[i]
		if k.Most == 0 && k.Shape != syntax.List && !strings.ContainsAny(k.Args, `."`) {
			if k.Most = len(strings.Fields(k.Args)); k.Most == 0 {
				k.Most = -1
			}
		}
		if k.Shape == syntax.Block {
			counted(k.Inside)
		}
	}
	return ks
}

// Limits are the least and the greatest value of a number.
type Limits struct {
	Min, Max float64
	// Fraction allows decimals, down to microseconds.
	Fraction bool
	// Exact says that keepalived refuses a number with something behind it. It
	// takes the digits that others start with (it warns of that, and refuses
	// them only with -t).
	Exact bool
}

func whole(least, most float64) *Limits   { return &Limits{Min: least, Max: most} }
func decimal(least, most float64) *Limits { return &Limits{Min: least, Max: most, Fraction: true} }

// exactly returns whole limits of an Exact number.
func exactly(least, most float64) *Limits { return &Limits{Min: least, Max: most, Exact: true} }

// String returns the limits as "1 to 255".
func (l *Limits) String() string {
	return number(l.Min) + " to " + number(l.Max)
}

// A block is the set of keywords between one pair of braces. It is the Grammar
// that package syntax asks.
type block struct {
	path     string
	lines    bool // it is a List, and its keywords stand in lines
	keywords []*Keyword
	byName   map[string]*Keyword
	none     []*syntax.Statement // one nil for each keyword
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
	t.markProtecting()
	return t
})

func (t *keywords) add(path string, ks []Keyword) *block {
	b := &block{path: path, byName: make(map[string]*Keyword, len(ks)), none: make([]*syntax.Statement, len(ks))}
	t.blocks = append(t.blocks, b)
	for i := range ks {
		k := &ks[i]
		k.index = i
		b.keywords = append(b.keywords, k)
		b.byName[k.Name] = k
		if k.Shape == syntax.Block || len(k.Inside) > 0 {
			k.block = t.add(strings.TrimPrefix(path+"/"+k.Name, "/"), k.Inside)
			k.block.lines = k.Shape == syntax.List
		}
	}
	return b
}

// Lookup returns the keyword at path, such as "vrrp_instance", "priority".
func Lookup(path ...string) (*Keyword, bool) { return table().lookup(path...) }

func (t *keywords) lookup(path ...string) (*Keyword, bool) {
	b := t.root
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
		walkTable(table().root, func(b *block, path string, k *Keyword) bool { return b.lines || yield(path, k) })
	}
}

// Words yields the words that stand within the lines of a list, with their path,
// "vrrp_instance/virtual_ipaddress/dev".
func Words() iter.Seq2[string, *Keyword] {
	return func(yield func(string, *Keyword) bool) {
		walkTable(table().root, func(b *block, path string, k *Keyword) bool { return !b.lines || yield(path, k) })
	}
}

func walkTable(b *block, yield func(*block, string, *Keyword) bool) bool {
	for _, k := range b.keywords {
		if !yield(b, strings.TrimPrefix(b.path+"/"+k.Name, "/"), k) {
			return false
		}
		if k.block != nil && !walkTable(k.block, yield) {
			return false
		}
	}
	return true
}
