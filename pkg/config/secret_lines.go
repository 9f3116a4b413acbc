package config

import (
	"regexp"
	"slices"
	"strings"
)

// A Masker knows which lines of files hold secrets that the line alone does not
// show: in the definition of a name that is used for one, and in a block for
// authentication.
type Masker struct{ names map[string]bool }

var usedName = regexp.MustCompile(`\$\{?([A-Za-z_]\w*)`)

// NewMasker reads texts, which are those of all files of a configuration.
func NewMasker(texts ...string) *Masker {
	m := &Masker{names: map[string]bool{}}
	used := map[string][]string{} // in the definition of a name
	var todo []string             // names that are secret, whose definitions are yet to be looked at
	add := func(names ...string) {
		for _, n := range names {
			if !m.names[n] {
				m.names[n] = true
				todo = append(todo, n)
			}
		}
	}
	for _, text := range texts {
		open := "" // the name whose definition goes on
		for line := range strings.Lines(text) {
			name, value := open, line
			if open == "" {
				name, value, _ = definition(line)
			}
			if open = ""; name != "" && goesOn(line) {
				open = name
			}
			if strings.IndexByte(line, '$') < 0 {
				continue
			}
			if name != "" {
				used[name] = append(used[name], namesIn(value)...)
				if isSecret(name) {
					add(name)
				}
			}
			if at := secretAt(line); at >= 0 {
				add(namesIn(line[at:])...)
			}
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		add(used[n]...)
	}
	return m
}

// namesIn are the names that text uses.
func namesIn(text string) (names []string) {
	for _, m := range usedName.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	return names
}

// goesOn reports whether a definition goes on in the line behind line.
func goesOn(line string) bool { return strings.HasSuffix(strings.TrimRight(line, " \t\r\n"), `\`) }

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
		more = (more || defined && m.secret(name)) && goesOn(line)
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
