package nlconn_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink/nl"

	"github.com/kactl/kactl/pkg/nlconn"
)

// walk returns what Attributes calls with, in words.
func walk(b []byte) (all []string, err error) {
	err = nlconn.Attributes(b, func(kind uint16, v []byte) { all = append(all, fmt.Sprintf("%d=%s", kind, v)) })
	return all, err
}

func TestAttributes(t *testing.T) {
	two := append(nl.NewRtAttr(1, []byte("abcde")).Serialize(), nl.NewRtAttr(0x8000|0x4000|7, []byte("x")).Serialize()...)
	word := binary.NativeEndian.AppendUint16
	tests := []struct {
		name      string
		b         []byte
		want      []string
		malformed bool
	}{
		{"none", nil, nil, false},
		{"two, one with flags", two, []string{"1=abcde", "7=x"}, false},
		{"without the last padding", two[:len(two)-3], []string{"1=abcde", "7=x"}, false},
		{"cut off in a value", two[:len(two)-4], []string{"1=abcde"}, true},
		{"cut off in a header", two[:len(two)-6], []string{"1=abcde"}, true},
		{"one byte", two[:1], nil, true},
		{"no length", word(word(nil, 0), 1), nil, true},
		{"a length less than the header's", word(word(nil, 3), 1), nil, true},
		{"a length of more than there is", word(word(nil, 5), 1), nil, true},
		{"an empty value", word(word(nil, 4), 1), []string{"1="}, false},
	}
	for _, tt := range tests {
		got, err := walk(tt.b)
		if d := cmp.Diff(tt.want, got); d != "" || errors.Is(err, nlconn.ErrMalformed) != tt.malformed {
			t.Errorf("%s: %v (-want +got):\n%s", tt.name, err, d)
		}
	}
}

func TestAttributesDoNotAllocate(t *testing.T) {
	b := nl.NewRtAttr(1, []byte("abcde")).Serialize()
	sum := 0
	if n := testing.AllocsPerRun(100, func() {
		_ = nlconn.Attributes(b, func(_ uint16, v []byte) { sum += len(v) })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzAttributes(f *testing.F) {
	f.Add(nl.NewRtAttr(1, []byte("abcde")).Serialize())
	f.Fuzz(func(t *testing.T, b []byte) {
		size := 0
		err := nlconn.Attributes(b, func(_ uint16, v []byte) { size += 4 + len(v) })
		if size > len(b) || err == nil && len(b) > 0 && size == 0 {
			t.Errorf("%d bytes of %d, %v", size, len(b), err)
		}
	})
}
