package syntax

// A piece says which part of a line of the file a part of an expanded line
// stands for. Pieces are in order, each up to the next one.
type piece struct {
	at          int32 // offset in the expanded line
	column, end int32 // in the file
	exact       bool  // byte for byte
	origin      int32 // in the tree's origins, 0 where there is none
}

// span is the place in the file of the columns from start up to end.
func (s *source) span(start, end int32) (int32, int32) {
	if s.pieces == nil {
		return start, end
	}
	return span(s.pieces, start, end)
}

func span(pieces []piece, start, end int32) (int32, int32) {
	first, last := pieceAt(pieces, start-1), pieceAt(pieces, max(start, end-1)-1)
	from, to := first.column, last.end
	if first.exact {
		from += start - 1 - first.at
	}
	if last.exact {
		to = last.column + end - 1 - last.at
	}
	return from, max(to, from+1)
}

func pieceAt(pieces []piece, at int32) piece {
	i := 0
	for i+1 < len(pieces) && pieces[i+1].at <= at {
		i++
	}
	return pieces[i]
}

// cut returns the pieces of s from offset from on, as a line of their own.
func (s *source) cut(from int) []piece {
	if s.pieces == nil {
		return []piece{{column: int32(from) + 1, end: int32(from+len(s.rest)) + 1, exact: true}}
	}
	var out []piece
	for i, p := range s.pieces {
		if i+1 < len(s.pieces) && int(s.pieces[i+1].at) <= from {
			continue
		}
		if d := int32(from) - p.at; d > 0 {
			if p.exact {
				p.column += d
			}
			p.at += d
		}
		p.at -= int32(from)
		out = append(out, p)
	}
	return out
}

// splice puts a piece of size bytes that stand for the n bytes from offset i on
// in their place.
func splice(pieces []piece, i, n, size int, column, end int32) []piece {
	out := make([]piece, 0, len(pieces)+2)
	for _, p := range pieces {
		if int(p.at) < i {
			out = append(out, p)
		}
	}
	out = append(out, piece{at: int32(i), column: column, end: end, origin: pieceAt(pieces, int32(i)).origin})
	behind := pieceAt(pieces, int32(i+n))
	if behind.exact {
		behind.column += max(0, int32(i+n)-behind.at)
	}
	behind.at = int32(i + size)
	out = append(out, behind)
	for _, p := range pieces {
		if int(p.at) > i+n {
			p.at += int32(size - n)
			out = append(out, p)
		}
	}
	return out
}
