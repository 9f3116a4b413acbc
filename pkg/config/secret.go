package config

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// Hidden is what stands for a secret that is not shown.
const Hidden = "******"

// What is secret is decided here, for the lines of a file that are shown, for
// what is printed of a configuration, and for the messages that quote it.

// secretKeywords are the keywords of the language with a secret behind them.
var secretKeywords = []string{"auth_pass", "key", "password"}

// secretBlocks are those in which a word that is no keyword may be a secret.
var secretBlocks = []string{"authentication", "auth_hmac", "SSL"}

// secretParts make a word that is no keyword one with a secret behind it.
var secretParts = []string{"pass", "pwd", "psk", "secret", "token", "credential", "key"}

// knownWords are the names of all keywords.
var knownWords = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for path := range Keywords() {
		known[path[strings.LastIndexByte(path, '/')+1:]] = true
	}
	return known
})

// isSecret reports whether a secret is behind word: a keyword that takes one, or
// what may have been meant to be one, misspelt or in the words of a script.
func isSecret(word string) bool {
	switch {
	case slices.Contains(secretKeywords, word):
		return true
	case knownWords()[word]:
		return false
	}
	plain := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, word)
	if slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(plain, part) }) {
		return true
	}
	near := func(of string, most int) bool { return distance(plain, of, most+1) <= most }
	return strings.HasPrefix(plain, "authp") || near("authpass", 2) || near("password", 2) || len(plain) >= 2 && near("key", 1)
}

var (
	wordOfLine = regexp.MustCompile(`[\p{L}_][\p{L}\p{N}_-]*`)
	behindWord = regexp.MustCompile(`^["']?[\s=:"']+`)
	glued      = regexp.MustCompile(`(?i)^(auth_?pass)(?:[^a-z\s"'=:{}]\S|wo?r?d?[^a-z\s"'=:{}]\S*)`)
)

// secretAt is where a secret starts in a line; -1 is nowhere. What is behind it
// counts as secret to the end of the line.
func secretAt(line string) int {
	for from := 0; ; {
		at := wordOfLine.FindStringIndex(line[from:])
		if at == nil {
			return -1
		}
		start, end := from+at[0], from+at[1]
		if m := glued.FindStringSubmatchIndex(line[start:]); m != nil {
			return start + m[3]
		}
		if isSecret(line[start:end]) {
			gap := behindWord.FindString(line[end:])
			if gap != "" && end+len(gap) < len(line) && strings.Trim(line[end+len(gap):], "{} \t") != "" {
				return end + len(gap)
			}
		}
		from = end
	}
}

// MaskLine is line without its secret. Every character keeps its place.
func MaskLine(line string) string {
	at := secretAt(line)
	if at < 0 {
		return line
	}
	return line[:at] + stars(line[at:])
}

func stars(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || c == '}' {
			return c
		}
		return '*'
	}, text)
}

// A Masker knows which lines of files hold secrets that the line alone does not
// show: in the definition of a name that is used for one, and in a block for
// authentication.
type Masker struct{ names map[string]bool }

var usedName = regexp.MustCompile(`\$\{?([A-Za-z_]\w*)`)

// NewMasker reads texts, which are those of all files of a configuration.
func NewMasker(texts ...string) *Masker {
	m := &Masker{names: map[string]bool{}}
	for grown := true; grown; { // a name may stand for another
		grown = false
		for _, text := range texts {
			for line := range strings.Lines(text) {
				if strings.IndexByte(line, '$') < 0 {
					continue
				}
				at := secretAt(line)
				if name, value, ok := definition(line); ok && m.secret(name) {
					at = len(line) - len(value)
				}
				if at < 0 {
					continue
				}
				for _, use := range usedName.FindAllStringSubmatch(line[at:], -1) {
					if !m.names[use[1]] {
						m.names[use[1]], grown = true, true
					}
				}
			}
		}
	}
	return m
}

func (m *Masker) secret(name string) bool { return m.names[name] || isSecret(name) }

var defines = regexp.MustCompile(`^\s*\$([A-Za-z_]\w*)=`)

// definition splits a line that defines a name.
func definition(line string) (name, value string, ok bool) {
	at := defines.FindStringSubmatchIndex(line)
	if at == nil {
		return "", "", false
	}
	return line[at[2]:at[3]], line[at[1]:], true
}

// Mask returns the lines of text, the whole of a file, without their secrets.
// Every character keeps its place.
func (m *Masker) Mask(text string) []string {
	var lines []string
	inside, more := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		masked := MaskLine(line)
		name, value, defined := definition(line)
		switch {
		case more:
			masked = stars(line)
		case defined && m.secret(name):
			masked = line[:len(line)-len(value)] + stars(value)
		case inside != "" && masked == line:
			masked = maskInside(line)
		}
		more = (more || defined && m.secret(name)) && strings.HasSuffix(strings.TrimRight(line, " \t\r"), `\`)
		lines = append(lines, masked)
		fields := strings.Fields(line)
		switch {
		case len(fields) > 0 && slices.Contains(secretBlocks, strings.TrimRight(fields[0], "{")):
			inside = fields[0]
		case strings.ContainsRune(line, '}'):
			inside = ""
		}
	}
	return lines
}

// authTypes are the words behind auth_type that are no secret.
var authTypes = []string{"PASS", "AH", "HMAC", "NONE"}

// maskInside masks a line of a block for authentication whose first word is no
// keyword: that may be the secret itself, on a line of its own.
func maskInside(line string) string {
	fields := strings.Fields(line)
	if len(fields) == 0 || strings.Trim(fields[0], "{}") == "" {
		return line
	}
	word := fields[0]
	behind := strings.Index(line, word) + len(word)
	switch {
	case word == "auth_type" && len(fields) > 1:
		if slices.Contains(authTypes, strings.ToUpper(strings.Trim(fields[1], `"`))) {
			return line
		}
		return line[:behind] + stars(line[behind:])
	case knownWords()[word]:
		return line
	case Nearest(word, func(yield func(string) bool) { _ = yield("auth_type") }) != "":
		return line
	}
	return line[:behind-len(word)] + stars(line[behind-len(word):])
}

// HideLine is a line of what was printed without its secret, whose length is
// hidden too.
func HideLine(line string) string {
	at := secretAt(line)
	if at < 0 {
		return line
	}
	return line[:at] + Hidden
}

// Secrets are the words of a configuration that are secret.
type Secrets struct {
	words []string
	lines map[diag.Range]bool // of the words, without columns
}

// NewSecrets finds the secrets of a configuration.
func NewSecrets(body []*syntax.Statement) *Secrets {
	s := &Secrets{lines: map[diag.Range]bool{}}
	s.add(body, false)
	slices.SortFunc(s.words, func(a, b string) int { return len(b) - len(a) })
	s.words = slices.Compact(s.words)
	return s
}

// mostSecrets bounds how many words are looked for in each message.
const mostSecrets = 1000

func (s *Secrets) add(body []*syntax.Statement, inside bool) {
	for _, st := range body {
		words := st.Words
		secret := isSecret(st.Name())
		if !secret && inside && st.Shape == syntax.Unknown {
			words, secret = append([]syntax.Word{{}}, words...), true
		}
		if at := glued.FindStringSubmatchIndex(st.Name()); at != nil {
			words, secret = append([]syntax.Word{{}, {Text: st.Name()[at[3]:]}}, words[1:]...), true
		}
		if i := strings.IndexAny(st.Name(), "=:"); i > 0 && isSecret(st.Name()[:i]) {
			words, secret = append([]syntax.Word{{}, {Text: st.Name()[i+1:]}}, words[1:]...), true
		}
		if !secret && st.Name() == "auth_type" && len(words) > 1 {
			if slices.Contains(authTypes, strings.ToUpper(words[1].Text)) {
				words = words[1:]
			}
			secret = true
		}
		if secret {
			s.lines[lineOf(st.Range())] = true
			for _, w := range words[1:] {
				if w.Text != "" && len(s.words) < mostSecrets {
					s.words = append(s.words, w.Text)
				}
			}
		}
		s.add(st.Body(), slices.Contains(secretBlocks, st.Name()))
	}
}

func lineOf(r diag.Range) diag.Range {
	return diag.Range{File: r.File, Start: diag.Pos{Line: r.Start.Line}}
}

// longSecret is from how many bytes on a secret is looked for in the messages
// about other lines: a short one may be part of any word.
const longSecret = 4

// Hide takes the secrets out of what the findings say.
func (s *Secrets) Hide(found []diag.Diagnostic) {
	for i := range found {
		d := &found[i]
		here := s.lines[lineOf(d.Range)]
		d.Message, d.Hint = s.hide(d.Message, here), s.hide(d.Hint, here)
		d.Related = slices.Clone(d.Related)
		for j := range d.Related {
			d.Related[j].Message = s.hide(d.Related[j].Message, here || s.lines[lineOf(d.Related[j].Range)])
		}
	}
}

func (s *Secrets) hide(text string, here bool) string {
	for _, w := range s.words {
		if !here && len(w) < longSecret || len(text) < len(w) || knownWords()[w] {
			continue
		}
		text = replaceWord(text, w)
	}
	return text
}

// replaceWord replaces word where it is not within a longer one.
func replaceWord(text, word string) string {
	part := func(c byte) bool { return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	var b strings.Builder
	for {
		i := strings.Index(text, word)
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		end := i + len(word)
		if i > 0 && part(text[i-1]) && part(word[0]) || end < len(text) && part(text[end]) && part(word[len(word)-1]) {
			b.WriteString(text[:i+1])
			text = text[i+1:]
			continue
		}
		b.WriteString(text[:i] + Hidden)
		text = text[end:]
	}
}
