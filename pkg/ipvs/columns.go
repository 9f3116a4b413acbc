package ipvs

import (
	"strconv"

	"github.com/kactl/kactl/pkg/escape"
)

// A line is one line of a listing that is being made.
type line []byte

// fill appends spaces up to a column.
func (b line) fill(column int) line {
	for len(b) < column {
		b = append(b, ' ')
	}
	return b
}

func (b line) space() line { return append(b, ' ') }

// text appends s in as many columns at least.
func (b line) text(s string, width int) line {
	end := len(b) + width
	return line(escape.Append(b, s)).fill(end)
}

// number appends n, from the left, in as many columns at least.
func (b line) number(n int64, width int) line {
	end := len(b) + width
	return line(strconv.AppendInt(b, n, 10)).fill(end)
}

// right appends n, to the right, in as many columns at least.
func (b line) right(n uint64, width int) line {
	var digits [20]byte
	text := strconv.AppendUint(digits[:0], n, 10)
	return append(b.fill(len(b)+width-len(text)), text...)
}

// counters appends five columns.
func (p Printer) counters(b line, c Counters) line {
	for _, n := range [...]uint64{c.Connections, c.InPackets, c.OutPackets, c.InBytes, c.OutBytes} {
		if p.Exact {
			b = b.space().right(n, 8)
		} else {
			b = b.short(n)
		}
	}
	return b
}

// short appends n in nine columns, cut to thousands, millions and so on where
// it is large.
func (b line) short(n uint64) line {
	const k, m, g, t = 1e3, 1e6, 1e9, 1e12
	switch {
	case n < 100*m:
		return b.right(n, 9)
	case n < g:
		return append(b.right(n/k, 8), 'K')
	case n < 100*g:
		return append(b.right(n/m, 8), 'M')
	case n < 100*t:
		return append(b.right(n/g, 8), 'G')
	}
	return append(b.right(n/t, 8), 'T')
}
