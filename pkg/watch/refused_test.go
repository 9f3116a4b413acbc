package watch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// TestRefusedShowsNothing sends adverts with a password that are wrong in every
// way, and looks in every output for the password: as text, as addresses, or as
// the numbers of the header.
func TestRefusedShowsNothing(t *testing.T) {
	src, dst := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("224.0.0.18")
	password := [8]byte([]byte("S3cretPw"))
	a := vrrp.Advert{
		Version: 2, VRID: 51, Priority: 177, Interval: 213 * time.Second, Checksum: vrrp.ChecksumMessage,
		AuthType: vrrp.AuthPassword, Key: password, Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.99")},
	}
	sound, err := a.Append(nil, src, dst)
	if err != nil {
		t.Fatal(err)
	}
	set := func(at int, value byte) func([]byte) []byte {
		return func(b []byte) []byte { b[at] = value; return b }
	}
	for name, change := range map[string]func([]byte) []byte{
		"count too high by one":      set(3, 2),
		"count too high by two":      set(3, 3),
		"count of 255":               set(3, 255),
		"count too low":              set(3, 0),
		"another version":            set(0, 0x41),
		"version 3":                  set(0, 0x31),
		"version 3 and count":        func(b []byte) []byte { b[0], b[3] = 0x31, 3; return b },
		"version 0":                  set(0, 0x01),
		"another type":               set(0, 0x22),
		"type and count":             func(b []byte) []byte { b[0], b[3] = 0x22, 3; return b },
		"wrong checksum":             set(7, sound[7]^1),
		"wrong checksum, other type": func(b []byte) []byte { b[4], b[7] = 7, b[7]^1; return b },
		"bytes behind it":            func(b []byte) []byte { return append(b, b[len(b)-8:]...) },
		"bytes in front":             func(b []byte) []byte { return append(make([]byte, 4), b...) },
		"cut in the password":        func(b []byte) []byte { return b[:len(b)-3] },
		"cut, and count":             func(b []byte) []byte { b[3] = 3; return b[:len(b)-1] },
		"cut in an address":          func(b []byte) []byte { return b[:10] },
		"cut in the header":          func(b []byte) []byte { return b[:6] },
	} {
		for _, how := range []string{"plain", "fragment", "cut by the capture", "AH"} {
			message := change(slices.Clone(sound))
			f := ipFrame(src, dst, message, how)
			shown := watched(t, f)
			secrets := []string{"S3cret", "Pw", "83.51.99.114", "101.116.80.119", "5333:6372", "6574:5077", "177", "213", "198.51.100.99", "\"password\"", " password "}
			for _, s := range secrets {
				if strings.Contains(shown, s) {
					t.Errorf("%s, %s: %q is shown:\n%s", name, how, s, shown)
				}
			}
			if strings.Count(shown, "51") == 0 && len(message) > 1 && name != "bytes in front" && how == "plain" {
				t.Errorf("%s, %s: the VRID is not shown:\n%s", name, how, shown)
			}
		}
	}
	if shown := watched(t, ipFrame(src, dst, sound, "plain")); !strings.Contains(shown, "priority 177") || !strings.Contains(shown, "198.51.100.99") ||
		strings.Contains(shown, "83.51.99.114") {
		t.Errorf("a sound advert is shown as\n%s", shown)
	}
}

// ipFrame puts a message into an IPv4 packet, and that into a frame.
func ipFrame(src, dst netip.Addr, message []byte, how string) netio.Frame {
	protocol := byte(vrrp.Protocol)
	if how == "AH" {
		message = slices.Concat([]byte{vrrp.Protocol, 4, 0, 0}, make([]byte, 20), message)
		protocol = vrrp.ProtocolAH
	}
	b := make([]byte, 20, 20+len(message))
	b[0], b[8], b[9] = 0x45, 255, protocol
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(message)))
	if how == "fragment" {
		b[6] = 0x20
	}
	copy(b[12:], src.AsSlice())
	copy(b[16:], dst.AsSlice())
	b = append(b, message...)
	length := len(b)
	if how == "cut by the capture" {
		b = b[:length-1]
	}
	return netio.Frame{Time: time.Unix(1000, 0), Interface: "eth0", Link: netio.LinkRaw, Data: b, Length: length}
}

// watched is what is shown of a frame, twice, in all forms of output.
func watched(t *testing.T, f netio.Frame) string {
	t.Helper()
	var out bytes.Buffer
	d, o := NewDissector(), NewObserver()
	var p Packet
	text, object := &Text{}, &JSON{}
	for range 2 {
		d.Dissect(&f, &p)
		events := o.See(&p)
		if p.Kind != Advert {
			t.Fatalf("%+v is no advert", p)
		}
		line := append(text.Advert(nil, &p, o.Remark()), object.Advert(nil, &p, o.Remark())...)
		for i := range events {
			line = append(text.Event(line, &events[i]), object.Event(nil, &events[i])...)
		}
		out.Write(line)
		f.Time = f.Time.Add(time.Second)
	}
	top := &Top{}
	fmt.Fprintf(&out, "%s", top.text(top.table(o.Statuses(), f.Time, 0)))
	return out.String()
}
