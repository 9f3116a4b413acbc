package cmd

import (
	"bytes"
	"testing"
)

func TestFit(t *testing.T) {
	tests := []struct {
		name, text    string
		rows, columns int
		want          string
	}{
		{"room", "ab\ncd\n", 3, 3, goHome + "ab" + eraseLine + "\r\ncd" + eraseLine + "\r\n" + eraseBelow},
		{"just enough", "abc\nd\n", 2, 3, goHome + "abc\r\nd" + eraseLine},
		{"too wide", "äöüß\n", 1, 3, goHome + "äöü"},
		{"coloured", "\x1b[1mab\x1b[0m\n", 1, 3, goHome + "\x1b[1mab\x1b[0m" + eraseLine},
		{"coloured, too wide", "\x1b[1mabcd\x1b[0m\n", 1, 3, goHome + "\x1b[1mabc\x1b[0m"},
		{"too long", "a\nb\nc\n", 2, 30, goHome + "a" + eraseLine + "\r\n... and 2 lines more" + eraseLine},
		{"one row", "a\nb\n", 1, 30, goHome + "... and 2 lines more" + eraseLine},
		{"nothing", "", 2, 3, goHome + eraseLine + "\r\n" + eraseBelow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			fit(&b, []byte(tt.text), tt.rows, tt.columns)
			if b.String() != tt.want {
				t.Errorf("%q, want %q", b.String(), tt.want)
			}
		})
	}
}
