package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

// A capture is a file to read.
type capture struct {
	name   string
	format netio.FileFormat
	frames func() ([][]byte, error) // in turn
	second int                      // how many of them make one
	shown  int                      // how many of a hundred give a line at least
}

var captures = []capture{
	{"adverts in pcap", netio.Pcap, adverts, 20, 100},
	{"adverts in pcapng", netio.Pcapng, adverts, 20, 100},
	// One virtual router in nine modes, which change all the time.
	{"strife in pcap", netio.Pcap, strife, 100, 60},
}

// write makes a file of n packets.
func (c *capture) write(path string, n int) error {
	frames, err := c.frames()
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := netio.NewFileWriter(file, c.format)
	at := time.Unix(1_700_000_000, 0)
	for i := range n {
		b := frames[i%len(frames)]
		f := netio.Frame{Time: at.Add(time.Duration(i) * time.Second / time.Duration(c.second)), Interface: "eth0", Link: netio.LinkEthernet, Data: b, Length: len(b)}
		if err := w.Write(&f); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return errors.Join(w.Flush(), file.Close())
}

// strife is what the captures at hand hold: adverts, and announcements of
// addresses.
func strife() (frames [][]byte, err error) {
	names, err := filepath.Glob(filepath.Join(*vectors, "*.pcap"))
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no captures in %s", *vectors)
	}
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r, err := netio.NewFileReader(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		for {
			var f netio.Frame
			if err := r.Next(&f); err == io.EOF {
				break
			} else if err != nil {
				return nil, err
			}
			frames = append(frames, bytes.Clone(f.Data))
		}
	}
	return frames, nil
}

// adverts are those of twenty virtual routers of all kinds.
func adverts() (frames [][]byte, err error) {
	for vrid := range uint8(20) {
		b, err := advert(vrid + 1)
		if err != nil {
			return nil, err
		}
		frames = append(frames, b)
	}
	return frames, nil
}

// advert is the frame of an advert: of four VRIDs two are of version 2, one with
// a password, one is of version 3 over IPv4 and one over IPv6.
func advert(vrid uint8) ([]byte, error) {
	a := vrrp.Advert{Version: 2, VRID: vrid, Priority: 100, Interval: time.Second, Checksum: vrrp.ChecksumMessage}
	src, dst := netip.AddrFrom4([4]byte{198, 51, 100, vrid}), netip.MustParseAddr("224.0.0.18")
	vips := []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, vrid}), netip.AddrFrom4([4]byte{203, 0, 113, 100 + vrid})}
	switch vrid % 4 {
	case 1:
		a.AuthType, a.Key = vrrp.AuthPassword, [8]byte{'1', '1', '1', '1'}
	case 2:
		a.Version, a.Checksum = 3, vrrp.ChecksumPseudoHeader
	case 3:
		a.Version, a.Checksum = 3, vrrp.ChecksumPseudoHeader
		src, dst = netip.MustParseAddr("fe80::1"), netip.MustParseAddr("ff02::12")
		vips = []netip.Addr{netip.MustParseAddr("fe80::100"), netip.MustParseAddr("2001:db8::100")}
	}
	a.Addresses = vips
	b := []byte{1, 0, 0x5e, 0, 0, 18, 0, 0, 0x5e, 0, 1, vrid}
	if src.Is6() {
		b = binary.BigEndian.AppendUint16(b, 0x86dd)
		b = append(b, 0x60, 0, 0, 0, 0, 8+2*16, vrrp.Protocol, 255)
	} else {
		length := 20 + 8 + 2*4
		if a.Version == 2 {
			length += 8
		}
		b = binary.BigEndian.AppendUint16(b, 0x0800)
		b = append(b, 0x45, 0xc0, 0, byte(length), 0, 0, 0, 0, 255, vrrp.Protocol, 0, 0)
	}
	b = append(append(b, src.AsSlice()...), dst.AsSlice()...)
	return a.Append(b, src, dst)
}
