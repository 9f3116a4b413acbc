package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// A takeover is what the wire heard of one, as times beyond the backup's master
// down timer, which runs from the last advert of the master that died. Of a sync group
// it is the timer that ends first.
type takeover struct {
	advert time.Duration // the new master's first advert
	first  time.Duration // its first gratuitous ARP, or neighbour advertisement
	last   time.Duration // the first one of the last address
}

// masterDown is a backup's master down timer (RFC 9568 section 6.1).
func masterDown(interval time.Duration, priority int) time.Duration {
	return 3*interval + interval*time.Duration(256-priority)/256
}

// find reads a take-over from what the wire heard. done is false while there
// is more to come. An error is a story that is not the one to be measured.
func find(heard []frame, from, to string, vips []netip.Addr, timer time.Duration) (t takeover, done bool, err error) {
	var advert time.Time         // the first of the new master
	last := map[byte]time.Time{} // of the old master, by VRID
	first := map[netip.Addr]time.Time{}
	for _, f := range heard {
		switch {
		case f.src == from && !f.vip.IsValid():
			if !advert.IsZero() {
				return t, false, fmt.Errorf("two masters: the old one advertised %v after the new one", f.at.Sub(advert))
			}
			last[f.vrid] = f.at
		case f.src != to:
		case len(last) == 0:
			return t, false, fmt.Errorf("the new master spoke before the old one")
		case !f.vip.IsValid():
			if advert.IsZero() {
				advert = f.at
			}
		case first[f.vip].IsZero():
			first[f.vip] = f.at
		}
	}
	if advert.IsZero() {
		return t, false, nil
	}
	began := slices.MinFunc(slices.Collect(maps.Values(last)), time.Time.Compare).Add(timer)
	t.advert = advert.Sub(began)
	for n, vip := range vips {
		at, ok := first[vip]
		if !ok {
			return t, false, nil
		}
		beyond := at.Sub(began)
		if n == 0 || beyond < t.first {
			t.first = beyond
		}
		if n == 0 || beyond > t.last {
			t.last = beyond
		}
	}
	return t, true, nil
}
