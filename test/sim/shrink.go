package sim

// Shrink tells a history that has failed again and again without some of its acts, and
// returns the failure with the least of them: without any one of those it does not
// fail. What does not hold may be something else then than at first.
func (s *Simulator) Shrink(f *Failure) *Failure {
	for size := max(len(f.Acts)/2, 1); ; size = max(size/2, 1) {
		smaller := false
		for at := 0; at < len(f.Acts); {
			if less := s.tell(f.Number, without(f.Acts, at, size)); less != nil {
				f, smaller = less, true
				continue
			}
			at += size
		}
		if size == 1 && !smaller {
			return f
		}
	}
}

// without leaves some acts out. What is left happens when it did.
func without(acts []Act, at, count int) []Act {
	end := min(at+count, len(acts))
	left := append([]Act{}, acts[:at]...)
	rest := append([]Act{}, acts[end:]...)
	if len(rest) > 0 {
		for _, a := range acts[at:end] {
			rest[0].After += a.After
		}
	}
	return append(left, rest...)
}

// Again tells a history that has failed once more, with the acts that it had.
func (s *Simulator) Again(f *Failure) *Failure { return s.tell(f.Number, f.Acts) }
