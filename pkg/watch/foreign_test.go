package watch

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// foreignNames are names of interfaces that a capture file may have.
var foreignNames = []string{
	"eth0\n12:00:00.000000 error split-brain eth0 vrid 51: forged",
	"eth0\r\x1b[2J\x1b]0;title\x07", "\x9b31m raw C1", "\u009b31m C1", "\u202e\u2066gnp", "a\u2028b\u2029c", "\xff\xfe", "zero\u200bwidth", "\x7f",
}

// TestForeignNames reads captures whose interface has such a name, in every
// form of the output: a terminal is shown nothing that it obeys, and one event
// is one line.
func TestForeignNames(t *testing.T) {
	plainName := "eth0"
	for _, name := range foreignNames {
		for form, o := range map[string]Options{
			"text":   {Format: &Text{}},
			"color":  {Format: &Text{Color: true}},
			"events": {Format: &Text{}, EventsOnly: true},
			"json":   {Format: &JSON{}},
			"top":    {Top: &Top{}},
		} {
			var out, want bytes.Buffer
			for _, run := range []struct {
				name string
				out  *bytes.Buffer
			}{{name, &out}, {plainName, &want}} {
				o := o
				o.File, o.Out = bytes.NewReader(capturedOn(t, run.name)), run.out
				if o.Top != nil {
					o.Top = &Top{Out: run.out}
				}
				if _, err := Run(t.Context(), o); err != nil {
					t.Fatalf("%s, %q: %v", form, name, err)
				}
			}
			if a, b := bytes.Count(out.Bytes(), []byte("\n")), bytes.Count(want.Bytes(), []byte("\n")); a != b || b < 2 {
				t.Errorf("%s, %q: %d lines, want %d:\n%q", form, name, a, b, &out)
			}
			text := out.String()
			if form == "color" {
				for _, c := range []string{"\x1b[0m", bold, faint, red, green, yellow, cyan} {
					text = strings.ReplaceAll(text, c, "")
				}
			}
			bad := func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }
			if i := strings.IndexFunc(text, bad); i >= 0 || !utf8.ValidString(text) {
				t.Errorf("%s, %q: byte %d of %q", form, name, i, text)
			}
			if form == "json" {
				var o struct{ Interface string }
				if err := json.NewDecoder(&out).Decode(&o); err != nil || o.Interface != name && utf8.ValidString(name) {
					t.Errorf("%q in JSON is %q, %v", name, o.Interface, err)
				}
			}
		}
	}
}

// capturedOn is a capture in pcapng of some adverts, on an interface of a name.
func capturedOn(t *testing.T, name string) []byte {
	t.Helper()
	block := func(kind uint32, body []byte) []byte {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		total := uint32(len(body) + 12)
		b := binary.LittleEndian.AppendUint32(nil, kind)
		b = binary.LittleEndian.AppendUint32(b, total)
		return binary.LittleEndian.AppendUint32(append(b, body...), total)
	}
	b := block(0x0a0d0d0a, []byte{0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255})
	option := binary.LittleEndian.AppendUint16([]byte{1, 0, 0, 0, 0, 0, 0, 0, 2, 0}, uint16(len(name)))
	b = append(b, block(1, append(option, name...))...)
	for i, f := range readVector(t, "v2-pass") {
		body := make([]byte, 20, 20+len(f.Data)+3)
		binary.LittleEndian.PutUint32(body[8:], uint32(i)*1000)
		binary.LittleEndian.PutUint32(body[12:], uint32(len(f.Data)))
		binary.LittleEndian.PutUint32(body[16:], uint32(len(f.Data)))
		b = append(b, block(6, append(body, f.Data...))...)
	}
	return b
}
