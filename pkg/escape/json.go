package escape

import (
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendJSON appends text, which is JSON, to b, and writes in its strings as
// \uXXXX what a terminal obeys or does not show. Encoders leave DEL, C1 and what
// changes the direction as they are. The text means the same to who decodes it.
func AppendJSON(b, text []byte) []byte {
	from := 0
	for i := 0; i < len(text); {
		if c := text[i]; c < 0x7f {
			i++ // an encoder has escaped those below a blank that are in a string
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if !Visible(r) || n == 1 && r == utf8.RuneError {
			b = append(b, text[from:i]...)
			b = AppendRuneJSON(b, r)
			from = i + n
		}
		i += n
	}
	return append(b, text[from:]...)
}

// AppendRuneJSON appends a character of a string to b, as JSON has it: \uXXXX
// unless it is visible. Quotes and backslashes are the caller's business.
func AppendRuneJSON(b []byte, r rune) []byte {
	switch {
	case Visible(r):
		return utf8.AppendRune(b, r)
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return appendUnit(appendUnit(b, high), low)
	}
	return appendUnit(b, r)
}

func appendUnit(b []byte, r rune) []byte {
	return append(b, '\\', 'u', digits[r>>12&0xf], digits[r>>8&0xf], digits[r>>4&0xf], digits[r&0xf])
}

// JSON returns a writer that passes JSON on to w as AppendJSON has it. Each
// write holds whole characters, as those of [encoding/json.Encoder] do.
func JSON(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(p []byte) (int, error) {
	if _, err := j.w.Write(AppendJSON(make([]byte, 0, len(p)), p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
