package syntax

// A slab hands out parts of large pieces of memory, for a tree is made of a
// million small things that live as long as each other.
type slab[T any] struct {
	free []T
	size int // of the last piece
}

// The sizes of the pieces, from that of a small file on.
const (
	smallSlab = 64
	largeSlab = 8192
)

// take returns n zero values that nobody else has.
func (s *slab[T]) take(n int) []T {
	if n > len(s.free) {
		s.size = min(max(2*s.size, smallSlab), largeSlab)
		s.free = make([]T, max(n, s.size))
	}
	part := s.free[:n:n]
	s.free = s.free[n:]
	return part
}

// one returns the address of one of them.
func (s *slab[T]) one() *T { return &s.take(1)[0] }

// copy returns a copy of part, which is nil if that is empty.
func (s *slab[T]) copy(part []T) []T {
	if len(part) == 0 {
		return nil
	}
	c := s.take(len(part))
	copy(c, part)
	return c
}
