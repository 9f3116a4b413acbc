package tshark

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/vrrp"
)

const vectors = "../../pkg/vrrp/testdata/vectors/"

// checksums are what keepalived took the checksum of each capture over, and
// whether tshark sees that it is right.
var checksums = map[string]Verdicts{
	"v2-ah":           {51, true, vrrp.ChecksumMessage, vrrp.Accepted},
	"v2-none":         {51, true, vrrp.ChecksumMessage, vrrp.Accepted},
	"v2-pass":         {51, true, vrrp.ChecksumMessage, vrrp.Accepted},
	"v2-unicast":      {51, true, vrrp.ChecksumMessage, vrrp.Accepted},
	"v3-centisecond":  {51, true, vrrp.ChecksumPseudoHeader, vrrp.Accepted},
	"v3-hmac":         {51, false, vrrp.ChecksumPseudoHeader, vrrp.Accepted},
	"v3-ipv4":         {51, true, vrrp.ChecksumPseudoHeader, vrrp.Accepted},
	"v3-ipv4-rfc9568": {51, false, vrrp.ChecksumMessage, vrrp.Accepted},
	"v3-ipv6":         {51, true, vrrp.ChecksumPseudoHeader, vrrp.Accepted},
}

// Of keepalived's adverts we read what tshark does, and the checksums right.
func TestVectors(t *testing.T) {
	for name, want := range checksums {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, got := range Agree(t, vectors+name+".pcap") {
				if got != want {
					t.Errorf("advert %d: %+v, want %+v", i+1, got, want)
				}
			}
		})
	}
	files, err := filepath.Glob(vectors + "*.pcap")
	if err != nil || len(files) != len(checksums) {
		t.Errorf("%d captures, and %d were compared: %v", len(files), len(checksums), err)
	}
}

// The same behind VLAN tags, and with a byte of the message changed.
func TestChangedVectors(t *testing.T) {
	t.Run("tagged", func(t *testing.T) {
		got, want := changed(t, func(b []byte) []byte {
			return slices.Concat(b[:12], []byte{0x81, 0, 0, 20, 0x81, 0, 0, 10}, b[12:])
		})
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
	t.Run("broken", func(t *testing.T) {
		got, want := changed(t, func(b []byte) []byte {
			if at := message(b); at > 0 {
				b[at+2] ^= 1 // the priority
			}
			return b
		})
		for i := range want {
			want[i].Ours, want[i].Theirs, want[i].Fault = 0, false, vrrp.RejectChecksum
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

// changed writes all captures into one, each frame changed, and returns the
// verdicts on that, and those on what was not changed.
func changed(t *testing.T, change func([]byte) []byte) (got, before []Verdicts) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "changed.pcapng")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := netio.NewFileWriter(file, netio.Pcapng)
	for name, verdict := range checksums {
		text, err := os.ReadFile(vectors + name + ".pcap")
		if err != nil {
			t.Fatal(err)
		}
		r, err := netio.NewFileReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for {
			var frame netio.Frame
			if err := r.Next(&frame); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if message(frame.Data) > 0 {
				before = append(before, verdict)
			}
			frame.Data = change(slices.Clone(frame.Data))
			frame.Length = len(frame.Data)
			if err := w.Write(&frame); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return Agree(t, path), before
}

// message is where the VRRP message of a frame begins, 0 if there is none.
func message(b []byte) int {
	const ether, ah = 14, 24
	switch {
	case b[12] == 0x86 && b[ether+6] == vrrp.Protocol:
		return ether + 40
	case b[12] == 8 && b[13] == 0 && b[ether+9] == vrrp.Protocol:
		return ether + 20
	case b[12] == 8 && b[13] == 0 && b[ether+9] == vrrp.ProtocolAH:
		return ether + 20 + ah
	}
	return 0
}
