package config

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
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

// HideLine is a line of what was printed without its secret, whose length is
// hidden too. The quotes of the line stay pairs, and what is behind a program with
// a secret among its arguments stays.
func HideLine(line string) string {
	at := secretAt(line)
	if at < 0 {
		return line
	}
	if !insideQuotes(line[:at]) {
		return line[:at] + Hidden
	}
	open := strings.LastIndexByte(line[:at], '"')
	close := strings.IndexByte(line[at:], '"')
	if close < 0 {
		return line[:at] + Hidden
	}
	if secretAt(line[:open]+" x") >= 0 { // the word in front of the quotes says so
		return line[:at] + Hidden + `"`
	}
	return strings.TrimRight(line[:at], "'") + Hidden + `"` + HideLine(line[at+close+1:])
}

// insideQuotes reports whether text ends within double quotes.
func insideQuotes(text string) bool { return strings.Count(text, `"`)%2 == 1 }
