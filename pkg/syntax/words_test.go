package syntax_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/syntax"
)

func TestUnquote(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		err  error
	}{
		{`flag a b`, []string{"flag", "a", "b"}, nil},
		{`flag "a b" c`, []string{"flag", "a b", "c"}, nil},
		{`flag 'a b'c`, []string{"flag", "a bc"}, nil},
		{`flag "a 'b c'"`, []string{"flag", "a 'b c'"}, nil},
		{`flag "a\"b"`, []string{"flag", `a"b`}, nil},
		{`flag "a\tb\n\x41\101\\"`, []string{"flag", "a\tb\nA" + "A\\"}, nil},
		{`flag a\ b \cA`, []string{"flag", "a b", "\x01"}, nil},
		{`flag \a\b\E\f\r\v\q\x`, []string{"flag", "\a\b\x1b\f\r\vqx"}, nil},
		{`flag "a b`, []string{"flag"}, syntax.ErrQuote},
		{`flag ""`, []string{"flag", ""}, nil},
	} {
		s := parse(t, syntax.Keepalived, files(c.in)).Body[0]
		words, err := s.Unquote()
		var got []string
		for _, w := range words {
			got = append(got, w.Text)
		}
		if d := cmp.Diff(c.want, got); d != "" || !errors.Is(err, c.err) {
			t.Errorf("%s: %v (-want +got):\n%s", c.in, err, d)
		}
	}
}

func TestUnquotePlaces(t *testing.T) {
	s := parse(t, syntax.Keepalived, files(`  flag "a b" c`)).Body[0]
	words, _ := s.Unquote()
	if got := s.At(words[1]); got.Start.Column != 8 || got.End.Column != 13 {
		t.Errorf("%q is at %+v, want columns 8 to 13", words[1].Text, got)
	}
}

func TestCommand(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		err  error
	}{
		{"/bin/x  a\tb", []string{"/bin/x", "a", "b"}, nil},
		{"/bin/x 'a b' c", []string{"/bin/x", "a b", "c"}, nil},
		{`/bin/x "a b"c`, []string{"/bin/x", "a bc"}, nil},
		{"[ ! -f x ]", []string{"[", "!", "-f", "x", "]"}, nil},
		{"/bin/x 'a", nil, syntax.ErrQuote},
		{"  ", nil, nil},
	} {
		got, err := syntax.Command(c.in)
		if d := cmp.Diff(c.want, got); d != "" || !errors.Is(err, c.err) {
			t.Errorf("%s: %v (-want +got):\n%s", c.in, err, d)
		}
	}
}
