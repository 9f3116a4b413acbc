package main

import (
	"strings"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/syntax"
)

// configuration is kactl.conf(5): every keyword of the table.
func configuration() []byte {
	p := newPage("kactl.conf", 5)
	p.section("NAME")
	p.raw(`kactl.conf \- ` + "keepalived.conf as kactl reads it")
	p.section("DESCRIPTION")
	for _, s := range introduction {
		p.paragraph(s)
	}
	p.section("EXAMPLES")
	p.literal(sample)
	k := keywordList{page: p, blocks: map[string]string{}}
	top := topKeywords()
	p.section("OUTSIDE OF BLOCKS")
	for _, w := range top {
		if w.Shape != syntax.Block {
			k.keyword(w, true)
		}
	}
	for _, w := range top {
		if w.Shape == syntax.Block {
			p.section(w.Name)
			k.block(w, w.Name, true)
		}
	}
	p.section("FILES")
	p.item(`\fI/etc/keepalived/keepalived.conf\fR`, "Read where nothing else is named.")
	p.section("SEE ALSO")
	p.raw(reference("kactl", 1, ","))
	p.raw(reference("kactl-check", 1, ","))
	p.raw(reference("kactl-run", 1, ""))
	return p.Bytes()
}

// topKeywords are those outside of blocks.
func topKeywords() []*config.Keyword {
	var top []*config.Keyword
	for path, w := range config.Keywords() {
		if path == w.Name {
			top = append(top, w)
		}
	}
	return top
}

// A keywordList writes keywords to a page.
type keywordList struct {
	*page
	// blocks has the path of each block that was written, by what is in it.
	blocks map[string]string
}

// block writes what is inside the block w, and behind it the blocks in there.
// active says that those around it have an effect.
func (l keywordList) block(w *config.Keyword, path string, active bool) {
	active = l.head(w, active)
	inner := keywordList{page: new(page), blocks: l.blocks}
	var blocks []*config.Keyword
	for i := range w.Inside {
		in := &w.Inside[i]
		if in.Shape == syntax.Block {
			blocks = append(blocks, in)
			continue
		}
		inner.keyword(in, active)
	}
	if as := l.blocks[inner.String()]; as != "" && inner.Len() > 0 {
		l.text("It takes the keywords of " + as + ".")
	} else {
		l.blocks[inner.String()] = path
		l.Write(inner.Bytes())
	}
	for _, b := range blocks {
		p := path + " / " + b.Name
		l.subsection(p)
		l.block(b, p, active)
	}
}

// head writes what opens the block w and what it is for. It returns whether
// what is inside has an effect.
func (l keywordList) head(w *config.Keyword, active bool) bool {
	l.raw(strings.TrimSpace(bold(w.Name) + " " + synopsis(w.Args)))
	l.raw(".br")
	l.about(w, active)
	return active && w.Effect
}

// keyword writes a line, or a list with the words of its lines.
func (l keywordList) keyword(w *config.Keyword, active bool) {
	l.raw(".TP\n" + strings.TrimSpace(bold(w.Name)+" "+synopsis(w.Args)))
	l.about(w, active)
	if w.Shape != syntax.List || len(w.Inside) == 0 {
		return
	}
	l.raw(".RS")
	l.raw(".PP")
	words := keywordList{page: new(page), blocks: l.blocks}
	for i := range w.Inside {
		words.keyword(&w.Inside[i], active && w.Effect)
	}
	if as := l.blocks[words.String()]; as != "" {
		l.text("Its lines take the words of those of " + as + ".")
	} else {
		l.blocks[words.String()] = w.Name
		l.text("Words in its lines:")
		l.Write(words.Bytes())
	}
	l.raw(".RE")
}

// about writes what w does, takes and lacks. That it has no effect is said of
// the outermost only.
func (l keywordList) about(w *config.Keyword, active bool) {
	if w.Doc != "" {
		l.text(sentence(w.Doc))
	}
	if w.Shape == syntax.List {
		l.text("A list in braces.")
	}
	if w.Default != "" {
		l.text("Default: " + strings.TrimSuffix(w.Default, ".") + ".")
	}
	if w.Limits != nil {
		limits := w.Limits.String()
		if w.Limits.Fraction {
			limits += ", with decimals"
		}
		l.text("Limits: " + limits + ".")
	}
	if w.Unit != "" {
		l.text("Unit: " + w.Unit + ".")
	}
	if w.Since != "" {
		l.text("Since keepalived " + w.Since + ".")
	}
	if active && !w.Effect {
		l.raw(`\fINo effect yet.\fR`)
		if w.Instead != "" {
			l.text(sentence(w.Instead))
		}
	}
}

// introduction is what holds for the whole file.
var introduction = []string{
	`kactl reads the configuration of keepalived as it is. kactl run reads it as keepalived does,
and logs what it passes over; kactl check says what is wrong with it.`,
	`A statement is a keyword with its values on one line. A keyword that opens a block is followed by
statements in braces, one that opens a list by lines of values. The opening brace stands at the end of
the line or on the next one, the closing brace alone on its own. Words are separated by blanks; double
quotes keep blanks in a word. A comment begins with # or ! and ends with the line.`,
	`A line that begins with @NAME counts only where the daemon runs with --config-id NAME, one with @^NAME
only where it does not. $NAME=VALUE defines a text that $NAME or ${NAME} stands for from there on.
include PATTERN reads other files in its place; a relative one is sought beside the file that names it.`,
	`"Default" is what holds without the keyword or its value, "Limits" are the least and the greatest number,
"Since" is said of what a keepalived later than 2.2.7 brought. "No effect yet" marks what kactl run reads and
does not act on. kactl check --explain NAME prints the same of one keyword.`,
}

const sample = `global_defs {
    router_id director_a
}

vrrp_instance VI_1 {
    state BACKUP
    interface eth0
    virtual_router_id 51
    priority 150
    virtual_ipaddress {
        198.51.100.100/24
    }
}

virtual_server 198.51.100.100 80 {
    lb_algo rr
    lb_kind DR
    protocol TCP
    real_server 198.51.100.21 80 {
        TCP_CHECK {
            connect_timeout 3
        }
    }
}
`
