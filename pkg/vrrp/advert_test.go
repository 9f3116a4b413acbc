package vrrp

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/gopacket/gopacket/pcapgo"
)

// readVector returns the VRRP messages of a capture that keepalived 2.4.3 made.
func readVector(t testing.TB, name string) [][]byte {
	t.Helper()
	f, err := os.Open("testdata/vectors/" + name + ".pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var messages [][]byte
	for {
		frame, _, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return messages
		}
		if err != nil {
			t.Fatal(err)
		}
		const ethernet, ethertypeIPv4 = 14, 0x0800
		if len(frame) < ethernet+20 || int(frame[12])<<8|int(frame[13]) != ethertypeIPv4 {
			continue
		}
		ip := frame[ethernet:]
		if ip[9] != Protocol {
			continue
		}
		length := int(ip[2])<<8 | int(ip[3])
		messages = append(messages, ip[int(ip[0]&0xf)*4:length])
	}
}

var addrCmp = cmpopts.EquateComparable(netip.Addr{})

func TestVectors(t *testing.T) {
	vips := []netip.Addr{netip.MustParseAddr("192.0.2.100"), netip.MustParseAddr("192.0.2.101")}
	open := Advert{Version: 2, VRID: 51, Priority: 150, Interval: time.Second, Addresses: vips}
	locked := open
	locked.AuthType = AuthPassword
	copy(locked.Key[:], "51ea2a78")
	for _, tt := range []struct {
		name string
		want Advert
	}{
		{"v2-none", open},
		{"v2-pass", locked},
		{"v2-unicast", open},
	} {
		t.Run(tt.name, func(t *testing.T) {
			messages := readVector(t, tt.name)
			if len(messages) < 2 {
				t.Fatalf("%d messages in the capture", len(messages))
			}
			for i, raw := range messages {
				want := tt.want
				if i == len(messages)-1 {
					want.Priority = PriorityResign // the clean stop
				}
				var got Advert
				if err := got.DecodeFromBytes(raw); err != nil {
					t.Fatalf("message %d: %v", i, err)
				}
				if d := cmp.Diff(want, got, addrCmp); d != "" {
					t.Errorf("message %d (-want +got):\n%s", i, d)
				}
				encoded, err := want.Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(encoded, raw) {
					t.Errorf("message %d:\nencoded  %x\ncaptured %x", i, encoded, raw)
				}
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	valid := Advert{Version: 2, VRID: 7, Priority: 100, Interval: time.Second, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	change := func(i int, v byte) func([]byte) []byte {
		return func(b []byte) []byte { b[i] = v; return b }
	}
	for _, tt := range []struct {
		name   string
		change func([]byte) []byte
		want   error
	}{
		{"nothing", func([]byte) []byte { return nil }, ErrShort},
		{"half a header", func(b []byte) []byte { return b[:7] }, ErrShort},
		{"one byte cut", func(b []byte) []byte { return b[:len(b)-1] }, ErrShort},
		{"no authentication data", func(b []byte) []byte { return b[:len(b)-8] }, ErrShort},
		{"one byte more", func(b []byte) []byte { return append(b, 0) }, ErrLong},
		{"more addresses than there are", change(3, 2), ErrShort},
		{"fewer addresses than there are", change(3, 0), ErrLong},
		{"version 3", change(0, 0x31), ErrVersion},
		{"version 0", change(0, 0x01), ErrVersion},
		{"type 2", change(0, 0x22), ErrType},
		{"priority changed on the way", change(2, 101), ErrChecksum},
		{"checksum changed on the way", change(7, 0), ErrChecksum},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := valid.Append(nil)
			if err != nil {
				t.Fatal(err)
			}
			var a Advert
			if err := a.DecodeFromBytes(tt.change(b)); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		a    Advert
	}{
		{"version 3", Advert{Version: 3, Interval: time.Second}},
		{"half a second", Advert{Version: 2, Interval: time.Second / 2}},
		{"no interval", Advert{Version: 2}},
		{"256 s", Advert{Version: 2, Interval: 256 * time.Second}},
		{"256 addresses", Advert{Version: 2, Interval: time.Second, Addresses: make([]netip.Addr, 256)}},
		{"IPv6", Advert{Version: 2, Interval: time.Second, Addresses: []netip.Addr{netip.MustParseAddr("2001:db8::1")}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := tt.a.Append([]byte("before"))
			if err == nil {
				t.Error("no error")
			}
			if string(b) != "before" {
				t.Errorf("left %q behind", b)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"v2-none", "v2-pass", "v2-unicast"} {
		for _, b := range readVector(f, name) {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a Advert
		if a.DecodeFromBytes(b) != nil {
			return
		}
		if a.Interval == 0 {
			return // read as it is, but we do not send such a thing
		}
		again, err := a.Append(nil)
		if err != nil {
			t.Fatalf("decoded %x but cannot encode it: %v", b, err)
		}
		// A checksum of 0xffff is as good as one of 0, and we send 0.
		if !bytes.Equal(again[:6], b[:6]) || !bytes.Equal(again[8:], b[8:]) {
			t.Errorf("%x became %x", b, again)
		}
	})
}

func TestCodecDoesNotAllocate(t *testing.T) {
	a := NewAdvert(new(testInstance(100)))
	a.Priority = 100
	buf := make([]byte, 0, MaxLen)
	var in Advert
	in.Addresses = make([]netip.Addr, 0, 2)
	if n := testing.AllocsPerRun(100, func() {
		b, err := a.Append(buf)
		if err == nil {
			err = in.DecodeFromBytes(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for an advert sent and received", n)
	}
}

func BenchmarkDecode(b *testing.B) {
	a := NewAdvert(new(testInstance(100)))
	raw, err := a.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := a.DecodeFromBytes(raw); err != nil {
			b.Fatal(err)
		}
	}
}
