package netio

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// ipv6Of is an IPv6 packet whose header is followed by what next says.
func ipv6Of(next byte, payload ...byte) []byte {
	b := make([]byte, 40)
	b[0], b[5], b[6], b[7] = 0x60, byte(len(payload)), next, 255
	return append(b, payload...)
}

// arpOf is an ARP request of one address for another, by its last byte.
func arpOf(sender, target byte) []byte {
	b := make([]byte, 28)
	copy(b, []byte{0, 1, 8, 0, 6, 4, 0, 1})
	copy(b[14:], []byte{198, 51, 100, sender})
	copy(b[24:], []byte{198, 51, 100, target})
	return b
}

// naOf is a neighbour advertisement with flags.
func naOf(flags byte) []byte {
	b := make([]byte, 24)
	b[0], b[4] = 136, flags
	return ipv6Of(unix.IPPROTO_ICMPV6, b...)
}

// The filter lets through what it should, behind up to four VLAN tags.
func TestFilter(t *testing.T) {
	vm, err := bpf.NewVM(slices.Concat(etherFilter(), networkFilter()))
	if err != nil {
		t.Fatal(err)
	}
	options := ipv4Of(protocolVRRP)
	options = slices.Concat([]byte{0x46}, options[1:], make([]byte, 4))
	ahOptions := slices.Concat([]byte{0x47}, ipv4Of(protocolAH)[1:], make([]byte, 8), []byte{protocolVRRP, 4})
	longMAC := []byte{0, 32, 8, 0, 20, 4}
	for _, tt := range []struct {
		name    string
		kind    uint16
		payload []byte
		want    bool
	}{
		{"VRRP", unix.ETH_P_IP, ipv4Of(protocolVRRP), true},
		{"VRRP with IP options", unix.ETH_P_IP, options, true},
		{"AH with VRRP", unix.ETH_P_IP, ipv4Of(protocolAH, protocolVRRP), true},
		{"AH with VRRP and IP options", unix.ETH_P_IP, ahOptions, true},
		{"AH with TCP", unix.ETH_P_IP, ipv4Of(protocolAH, unix.IPPROTO_TCP), false},
		{"AH with nothing", unix.ETH_P_IP, ipv4Of(protocolAH), false},
		{"UDP", unix.ETH_P_IP, ipv4Of(unix.IPPROTO_UDP), false},
		{"half an IP header", unix.ETH_P_IP, ipv4Of(protocolVRRP)[:8], false},
		{"VRRP of IPv6", unix.ETH_P_IPV6, ipv6Of(protocolVRRP), true},
		{"VRRP behind hop by hop options", unix.ETH_P_IPV6, ipv6Of(unix.IPPROTO_HOPOPTS, protocolVRRP), true},
		{"VRRP behind a routing header", unix.ETH_P_IPV6, ipv6Of(unix.IPPROTO_ROUTING, protocolVRRP), true},
		{"VRRP behind a fragment header", unix.ETH_P_IPV6, ipv6Of(unix.IPPROTO_FRAGMENT, protocolVRRP), true},
		{"VRRP behind AH of IPv6", unix.ETH_P_IPV6, ipv6Of(protocolAH, protocolVRRP), true},
		{"VRRP behind destination options", unix.ETH_P_IPV6, ipv6Of(unix.IPPROTO_DSTOPTS, protocolVRRP), true},
		{"TCP behind destination options", unix.ETH_P_IPV6, ipv6Of(unix.IPPROTO_DSTOPTS, unix.IPPROTO_TCP), false},
		{"TCP of IPv6", unix.ETH_P_IPV6, ipv6Of(unix.IPPROTO_TCP, protocolVRRP), false},
		{"unsolicited advertisement", unix.ETH_P_IPV6, naOf(0x20), true},
		{"solicited advertisement", unix.ETH_P_IPV6, naOf(0x60), false},
		{"neighbour solicitation", unix.ETH_P_IPV6, ipv6Of(unix.IPPROTO_ICMPV6, 135, 0, 0, 0, 0), false},
		{"gratuitous ARP", unix.ETH_P_ARP, arpOf(7, 7), true},
		{"ARP request", unix.ETH_P_ARP, arpOf(7, 8), false},
		{"ARP of another link", unix.ETH_P_ARP, longMAC, true},
		{"LLDP", 0x88cc, ipv4Of(protocolVRRP), false},
	} {
		tags := []uint16{unix.ETH_P_8021AD, 1, unix.ETH_P_8021Q, 2, 0x9100, 3, 0x9200, 4, unix.ETH_P_8021Q, 5}
		for n := 0; n <= 5; n++ {
			got, err := vm.Run(frameOf(tt.kind, tt.payload, tags[:2*n]...))
			if err != nil {
				t.Fatal(err)
			}
			if want := tt.want && n <= 4; (got > 0) != want {
				t.Errorf("%s behind %d tags: %d", tt.name, n, got)
			}
		}
	}
}

// More interfaces than the filter can name are sorted out afterwards.
func TestFilterInterfaces(t *testing.T) {
	for _, n := range []int{1, maxFilterInterfaces, maxFilterInterfaces + 1, 5000} {
		if _, err := bpf.Assemble(captureFilter(make([]int, n))); err != nil {
			t.Errorf("%d interfaces: %v", n, err)
		}
	}
	a, b := newLink(t)
	b.in(t, func() error {
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "eth1"}, PeerName: "eth2"})
	})
	// What passes the filter has no room in the buffer.
	c := b.listen(t, CaptureOptions{Interfaces: []string{"eth1", "eth2"}, Buffer: 1})
	a.send(t, a.ifindex, slices.Repeat([][]byte{advertOf(1)}, 10_000)...)
	none(t, c)
	if s, err := c.Stats(); err != nil || s != (CaptureStats{}) {
		t.Errorf("%+v, %v", s, err)
	}
}

// On a link without Ethernet's header frames have a made-up one.
func TestCaptureCooked(t *testing.T) {
	a, _ := newLink(t)
	const name = "tun0"
	var tun int
	a.in(t, func() (err error) {
		if tun, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
			return err
		}
		r, err := unix.NewIfreq(name)
		if err != nil {
			return err
		}
		r.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		if err := unix.IoctlIfreq(tun, unix.TUNSETIFF, r); err != nil {
			return err
		}
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		return netlink.LinkSetUp(link)
	})
	t.Cleanup(func() { unix.Close(tun) })
	for _, names := range [][]string{nil, {name}} {
		c := a.listen(t, CaptureOptions{Interfaces: names})
		packet := ipv4Of(protocolVRRP, 1, 2, 3)
		for _, b := range [][]byte{ipv4Of(unix.IPPROTO_UDP, 1), packet, ipv6Of(protocolVRRP, 9)} {
			if _, err := unix.Write(tun, b); err != nil {
				t.Fatal(err)
			}
		}
		frames := read(t, c, 2)
		want := append([]byte{0, 0, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0}, packet...)
		if f := frames[0]; !slices.Equal(f.Data, want) || f.Link != LinkSLL || f.Interface != name || f.Length != len(want) {
			t.Errorf("%+v, want %x", f, want)
		}
		if f := frames[1]; !slices.Equal(f.Data[14:16], []byte{0x86, 0xdd}) || f.Data[16+40] != 9 {
			t.Errorf("%x", f.Data)
		}
		none(t, c)
	}
}

// A capture needs one capability, and says so.
func TestCaptureCapability(t *testing.T) {
	a, _ := newLink(t)
	open := func(capabilities uint32) (err error) {
		a.in(t, func() error {
			h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			d := [2]unix.CapUserData{{Effective: capabilities, Permitted: capabilities}}
			if err := unix.Capset(&h, &d[0]); err != nil { // of this thread
				return err
			}
			var c *Capture
			if c, err = OpenCapture(t.Context(), CaptureOptions{}); err == nil {
				err = c.Close()
			}
			return nil
		})
		return err
	}
	if err := open(1 << unix.CAP_NET_RAW); err != nil {
		t.Errorf("with CAP_NET_RAW: %v", err)
	}
	err := open(0)
	if !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "once: setcap cap_net_raw+ep /") {
		t.Errorf("without: %v", err)
	}
}
