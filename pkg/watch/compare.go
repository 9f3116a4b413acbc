package watch

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// compare looks for what two senders in a row differ in. Their addresses and
// authentication wait until it is clear whether they are masters in turn.
func (v *virtual) compare(old, s *source) {
	if s.last.Sub(old.last) > 2*old.down() {
		return // long ago: it may have been configured anew
	}
	d := differences(old, s)
	v.mismatch(VersionMismatch, d&differVersion != 0, old, s, "version %d and version %d", old.version, s.version)
	v.mismatch(IntervalMismatch, d&differInterval != 0, old, s, "an interval of %v and of %v", old.interval, s.interval)
	v.mismatch(ChecksumMismatch, d&differChecksum != 0, old, s, "a checksum %v and one %v", old.checksum, s.checksum)
}

// settled compares two that were masters in turn.
func (v *virtual) settled(old, s *source) {
	d := differences(old, s)
	v.mismatch(AddressesMismatch, d&differAddresses != 0, old, s, "%d and %d addresses, not the same: %s",
		len(old.addresses), len(s.addresses), unlike(old, s))
	what := "authentication"
	if w := (d & differAuthentication).words(); len(w) > 0 {
		what = w[0]
	}
	v.mismatch(AuthenticationMismatch, d&differAuthentication != 0, old, s, "a different %s", what)
}

// unlike names addresses that one of the two announces alone, two at most, and
// says how many more there are.
func unlike(a, b *source) string {
	as, bs := without(a.addresses, b.addresses), without(b.addresses, a.addresses)
	const most = 2
	n := min(len(as), most)
	if n == most && len(bs) > 0 {
		n = most - 1
	}
	var says []string
	for _, x := range as[:n] {
		says = append(says, fmt.Sprintf("only %s has %v", a.Party, x))
	}
	for _, x := range bs[:min(len(bs), most-n)] {
		says = append(says, fmt.Sprintf("only %s has %v", b.Party, x))
	}
	text := strings.Join(says, ", ")
	if more := len(as) + len(bs) - len(says); more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// without returns the addresses of a that are not in b.
func without(a, b []netip.Addr) []netip.Addr {
	return slices.DeleteFunc(slices.Clone(a), func(x netip.Addr) bool { return slices.Contains(b, x) })
}

// A mismatch of two senders, if it is on.
type mismatch struct {
	since time.Time
	told  bool
}

// mismatch tells when two senders begin and cease to differ. It lasts until two
// in a row agree; silence does not end it.
func (v *virtual) mismatch(n Name, differ bool, a, b *source, format string, args ...any) {
	on := &v.mismatches[n]
	if differ == !on.since.IsZero() {
		return
	}
	d := Details{Masters: []Party{a.Party, b.Party}}
	if differ {
		*on = mismatch{since: v.o.now, told: v.emit(n, d, "%s and %s have "+format, append([]any{a.Party, b.Party}, args...)...)}
		return
	}
	d.Since, d.Duration = on.since, v.o.now.Sub(on.since)
	if on.told {
		v.emitEnd(n, d, "%s and %s agree, after %v", a.Party, b.Party, round(d.Duration))
	}
	*on = mismatch{}
}
