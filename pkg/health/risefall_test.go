package health

import "testing"

func TestRiseFall(t *testing.T) {
	for _, tt := range []struct {
		name       string
		rise, fall int
		results    string // + success, - failure
		changes    string // . none, + now up, - now down
	}{
		{"the first success decides", 3, 3, "+", "+"},
		{"the first failure decides", 3, 3, "-", "-"},
		{"failures in a row", 1, 3, "+---", "+..-"},
		{"a success between starts anew", 1, 3, "+--+---", "+.....-"},
		{"successes in a row", 2, 1, "-+-++", "-...+"},
		{"down and up", 2, 3, "+---++--+---", "+..-.+.....-"},
		{"one of each is enough", 1, 1, "+-+-", "+-+-"},
		{"nonsense counts as one", 0, -1, "+-+", "+-+"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewRiseFall(tt.rise, tt.fall, true)
			if r.Decided() {
				t.Error("decided before the first result")
			}
			var got []byte
			for _, c := range tt.results {
				switch changed := r.Result(c == '+'); {
				case !changed:
					got = append(got, '.')
				case r.Up():
					got = append(got, '+')
				default:
					got = append(got, '-')
				}
			}
			if string(got) != tt.changes {
				t.Errorf("results %s gave %s, want %s", tt.results, got, tt.changes)
			}
		})
	}
}

// Before the first result the verdict is what it is taken for; a change of the
// numbers counts for the results to come.
func TestRiseFallTune(t *testing.T) {
	for _, up := range []bool{true, false} {
		if r := NewRiseFall(1, 1, up); r.Up() != up {
			t.Errorf("taken for %v, is %v", up, r.Up())
		}
	}
	r := NewRiseFall(1, 3, true)
	r.Result(true)
	r.Result(false)
	r.Tune(1, 2)
	if !r.Result(false) || r.Up() {
		t.Error("the second failure in a row did not count")
	}
}
