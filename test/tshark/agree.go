package tshark

import (
	"io"
	"net/netip"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
	"github.com/kactl/kactl/pkg/watch"
)

// Verdicts are what the checksum of an advert is said to be, by tshark and by
// us.
type Verdicts struct {
	VRID   uint8
	Theirs bool
	Ours   vrrp.Checksum // 0 for wrong
	Fault  vrrp.RejectReason
}

// Agree reads a capture file with tshark and with our dissector, and fails unless
// both see the same adverts, all but their checksums: the verdicts on these it
// returns, one for each advert. Of an advert that is refused as malformed we show
// its version and VRID alone: the rest may be anything, a password too.
func Agree(t testing.TB, path string) []Verdicts {
	t.Helper()
	theirs := Adverts(t, path)
	if len(theirs) == 0 {
		t.Fatalf("tshark sees no advert in %s", path)
	}
	var ours []Advert
	var verdicts []Verdicts
	each(t, path, func(number int, p *watch.Packet) {
		if p.Kind != watch.Advert {
			return
		}
		a := p.Advert
		ours = append(ours, Advert{
			Frame: number, Source: p.Source, Destination: p.Destination, TTL: p.TTL,
			MAC: p.SourceMAC.String(), VLANs: append([]uint16(nil), p.VLANs...),
			Version: a.Version, VRID: a.VRID, Priority: a.Priority, Interval: a.Interval, AuthType: uint8(a.AuthType),
			Count: len(a.Addresses), Addresses: append(a.Addresses[:0:0], a.Addresses...),
		})
		verdicts = append(verdicts, Verdicts{VRID: a.VRID, Ours: a.Checksum, Fault: p.Fault})
	})
	for i := range min(len(theirs), len(verdicts)) {
		if verdicts[i].Fault != vrrp.Accepted {
			t := &theirs[i]
			t.Priority, t.Interval, t.AuthType, t.Count, t.Addresses = 0, 0, 0, 0, nil
		}
	}
	d := cmp.Diff(theirs, ours, cmpopts.IgnoreFields(Advert{}, "Checksum"), cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{}))
	if d != "" {
		t.Fatalf("%s (-tshark +ours):\n%s", path, d)
	}
	for i := range verdicts {
		verdicts[i].Theirs = theirs[i].Checksum
	}
	return verdicts
}

// each takes the frames of a file apart; the first has the number 1.
func each(t testing.TB, path string, f func(number int, p *watch.Packet)) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := netio.NewFileReader(file)
	if err != nil {
		t.Fatal(err)
	}
	d := watch.NewDissector()
	var frame netio.Frame
	var p watch.Packet
	for number := 1; ; number++ {
		if err := r.Next(&frame); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		d.Dissect(&frame, &p)
		f(number, &p)
	}
}
