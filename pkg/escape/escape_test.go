package escape_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/kactl/kactl/pkg/escape"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                                 "",
		"eth0 ~":                           "eth0 ~",
		"größe 高可用 é 🙂":                    "größe 高可用 é 🙂",
		`C:\x1b stays`:                     `C:\x1b stays`,
		"a\nb\r\tc":                        `a\nb\r\tc`,
		"\x00\x07\x1b[2J\x7f":              `\x00\x07\x1b[2J\x7f`,
		"C1 \u0085 \u009b31m":              `C1 \u0085 \u009b31m`,
		"raw C1 \x9b31m \x85":              `raw C1 \x9b31m \x85`,
		"not UTF-8 \xff \xc3(\xed\xa0\x80": `not UTF-8 \xff \xc3(\xed\xa0\x80`,
		"\u202egnp\u202c":                  `\u202egnp\u202c`,
		"\u2066\u2067\u2068\u2069":         `\u2066\u2067\u2068\u2069`,
		"\u200e\u200f\u061c":               `\u200e\u200f\u061c`,
		"a\u2028b\u2029c":                  `a\u2028b\u2029c`,
		"zero\u200b\u200c\u200d\ufeff":     `zero\u200b\u200c\u200d\ufeff`,
		"soft\u00adhyphen\u2060":           `soft\u00adhyphen\u2060`,
		"filler\u3164\ufe0f":               `filler\u3164\ufe0f`,
		"tag\U000e0041":                    `tag\U000e0041`,
		"own \ufffd":                       "own \ufffd",
	} {
		if got := escape.Line(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
		if got := string(escape.Append([]byte("> "), in)); got != "> "+want {
			t.Errorf("%q is %q", in, got)
		}
	}
	if got := escape.Lines("a\tb\r\nc\x1b\n"); got != "a\tb\\r\nc\\x1b\n" {
		t.Errorf("lines are %q", got)
	}
	if n := testing.AllocsPerRun(10, func() { escape.Line("eth0.100@bond0") }); n > 0 {
		t.Errorf("%v allocations for plain text", n)
	}
}

func TestError(t *testing.T) {
	a, b := errors.New("a\x1b"), errors.New("b\nc")
	for want, err := range map[string]error{
		`a\x1b`:                   a,
		`a\x1b; b\nc`:             errors.Join(a, b),
		`a\x1b; b\nc; b\nc`:       errors.Join(errors.Join(a, b), b),
		`read\x1b: a\x1b; b\nc`:   fmt.Errorf("read\x1b: %w", errors.Join(a, b)),
		`read: b\nc`:              fmt.Errorf("read: %w", b),
		`of a\x1b and b\nc: none`: fmt.Errorf("of %w and %w: none", a, b),
	} {
		if got := escape.Error(err); got != want {
			t.Errorf("%q is %q, want %q", err, got, want)
		}
	}
}

// FuzzEscape holds what is promised of any text.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"eth0", "\x1b[31m\n\x9b\u202e", "\xff\xfe", "\u2028\U000e0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := escape.Line(s)
		if !utf8.ValidString(line) {
			t.Fatalf("%q is not UTF-8", line)
		}
		for _, r := range line {
			if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("%q has %q", line, r)
			}
		}
		if escape.Line(line) != line {
			t.Fatalf("%q is escaped twice", line)
		}
		if got := strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(escape.Lines(s)); got != line {
			t.Fatalf("lines are %q, a line %q", got, line)
		}
		var out bytes.Buffer
		e := json.NewEncoder(escape.JSON(&out))
		e.SetEscapeHTML(false)
		if err := e.Encode([]string{s}); err != nil {
			t.Fatal(err)
		}
		text := strings.TrimSuffix(out.String(), "\n")
		if escape.Line(text) != text {
			t.Fatalf("JSON is %q", text)
		}
		var back []string
		if err := json.Unmarshal([]byte(text), &back); err != nil || back[0] != strings.ToValidUTF8(s, "\ufffd") && utf8.ValidString(s) {
			t.Fatalf("JSON %s is %q, %v; want %q", text, back, err, s)
		}
	})
}
