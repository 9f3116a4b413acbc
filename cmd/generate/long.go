package main

import (
	"regexp"
	"strings"
)

// A body is the long help of a command, taken apart. Paragraphs that begin with
// a title and a colon are sections of their own.
type body struct {
	description []string
	sections    []part
	// settings is the paragraph that tells how flags are set otherwise.
	settings string
}

// A part is a section of the page.
type part struct {
	title      string
	paragraphs []string
}

// titles are those that make a section, in the words of the help.
var titles = []string{"Signals", "Exit status"}

// split takes the long help of a command apart.
func split(long string) body {
	var b body
	for paragraph := range strings.SplitSeq(long, "\n\n") {
		title, rest, _ := strings.Cut(paragraph, ":")
		switch {
		case strings.HasPrefix(paragraph, "Every flag can be set by"):
			b.settings = paragraph
		case isTitle(title):
			b.sections = append(b.sections, part{title, []string{strings.TrimSpace(rest)}})
		case strings.TrimSpace(paragraph) != "":
			b.description = append(b.description, paragraph)
		}
	}
	return b
}

func isTitle(s string) bool {
	for _, t := range titles {
		if strings.EqualFold(s, t) {
			return true
		}
	}
	return false
}

// describe writes the description. Lines that are indented are printed as they
// are.
func (b body) describe(p *page) {
	for _, paragraph := range b.description {
		if strings.HasPrefix(paragraph, "  ") || strings.HasPrefix(paragraph, "\t") {
			p.literal(paragraph)
			continue
		}
		p.paragraph(paragraph)
	}
}

var statusMark = regexp.MustCompile(`(^|[,;] )(\d+) `)

// write writes the section: a list of statuses as one.
func (s part) write(p *page) {
	for _, paragraph := range s.paragraphs {
		paragraph = strings.ReplaceAll(paragraph, "\n", " ")
		marks := statusMark.FindAllStringSubmatchIndex(paragraph, -1)
		if len(marks) < 2 || marks[0][0] != 0 {
			p.paragraph(paragraph)
			continue
		}
		for i, m := range marks {
			end := len(paragraph)
			if i+1 < len(marks) {
				end = marks[i+1][0]
			}
			p.item(paragraph[m[4]:m[5]], sentence(paragraph[m[1]:end]))
		}
	}
}
