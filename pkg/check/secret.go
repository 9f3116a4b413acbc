package check

import (
	"regexp"
	"strings"
	"unicode"
)

// secret matches what is behind a keyword that may take a secret, misspelt ones
// such as auth_passwd included.
var secret = regexp.MustCompile(`(?i)\b\w*(?:pass|key|secret)\w*\s+(\S.*)`)

// Masked is line without its secrets, so that a log of findings can be shown
// around. Every character keeps its place.
func Masked(line string) string {
	at := secret.FindStringSubmatchIndex(line)
	if at == nil {
		return line
	}
	return line[:at[2]] + strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || c == '}' {
			return c
		}
		return '*'
	}, line[at[2]:])
}
