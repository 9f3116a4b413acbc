package health

// A RiseFall turns single results into a verdict that does not flap: after the
// first result, which decides alone, it takes fall failures in a row to be down
// and rise successes in a row to be up again, as keepalived does for a
// vrrp_script.
type RiseFall struct {
	rise, fall int
	decided    bool
	up         bool
	against    int // results in a row that contradict the verdict
}

// NewRiseFall returns an undecided verdict, which until then is taken to be up
// or not. Numbers below 1 count as 1.
func NewRiseFall(rise, fall int, up bool) *RiseFall {
	r := &RiseFall{up: up}
	r.Tune(rise, fall)
	return r
}

// Tune changes the numbers for the results to come.
func (r *RiseFall) Tune(rise, fall int) { r.rise, r.fall = max(rise, 1), max(fall, 1) }

// Up returns the verdict.
func (r *RiseFall) Up() bool { return r.up }

// Decided says whether there was a result.
func (r *RiseFall) Decided() bool { return r.decided }

// Result takes one result in. changed says that the verdict is news: it is the
// first, or another than before.
func (r *RiseFall) Result(ok bool) (changed bool) {
	switch {
	case !r.decided:
		r.decided, r.up = true, ok
		return true
	case ok == r.up:
		r.against = 0
		return false
	}
	need := r.rise
	if r.up {
		need = r.fall
	}
	if r.against++; r.against < need {
		return false
	}
	r.up, r.against = ok, 0
	return true
}
