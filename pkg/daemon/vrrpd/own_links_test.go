package vrrpd

import (
	"errors"
	"testing"

	"github.com/kactl/kactl/pkg/iproute"
	"github.com/kactl/kactl/pkg/vrrp"
)

// withVMAC is an owner whose address and adverts are on an interface of its own.
func withVMAC(name string, vrid uint8, own, below, vip string) vrrp.Instance {
	i := owner(name, vrid, vip)
	i.Interface, i.Sender, i.Addresses[0].Device = below, own, own
	i.Own = []vrrp.OwnLink{{Link: iproute.Link{Name: own, Below: below, Kind: "macvlan", Mode: "private", MAC: []byte{0, 0, 0x5e, 0, 1, vrid}}}}
	return i
}

// An interface of an instance's own is made at the start, and the instance waits for it.
// It is made again when somebody removes it or switches it off, is there for as long as
// the one below it, and goes at the end; kernel parameters of the one below are given
// back.
func TestOwnLinks(t *testing.T) {
	r := start(t, withVMAC("VI_1", 51, "vrrp.51", "eth0", "198.51.100.1/24"))
	own := func(index int, up bool) { r.links <- Link{Name: "vrrp.51", Index: index, Up: up} }
	r.wait("make vrrp.51 on eth0")
	r.wait("net/ipv4/conf/eth0/arp_ignore = 1")
	r.wait("net/ipv4/conf/eth0/arp_filter = 1")
	r.never("notify VI_1 MASTER 255")
	own(11, false)
	own(11, true)
	r.wait("open vrrp.51 to send 11", "advert 192.0.2.1 to 224.0.0.18 vrid 51 priority 255")
	r.wait("add 198.51.100.1/24 on vrrp.51", "announce 198.51.100.1 on vrrp.51")
	r.wait("notify VI_1 MASTER 255")

	r.forget()
	own(11, false)
	r.wait("make vrrp.51 on eth0", "add 198.51.100.1/24 on vrrp.51")
	r.links <- Link{Name: "vrrp.51", Index: 11, Gone: true} // it was not there
	own(12, true)
	r.wait("close vrrp.51", "open vrrp.51 to send 12")
	r.forget()
	r.links <- Link{Name: "vrrp.51", Index: 12, Gone: true}
	r.wait("make vrrp.51 on eth0", "add 198.51.100.1/24 on vrrp.51")
	own(13, true)
	r.wait("open vrrp.51 to send 13")
	r.never("notify VI_1 FAULT 255")

	r.forget()
	r.links <- Link{Name: "eth0", Index: 2, Gone: true}
	r.wait("unmake vrrp.51 on eth0")
	r.links <- Link{Name: "vrrp.51", Index: 13, Gone: true}
	r.wait("notify VI_1 FAULT 255")
	r.forget()
	r.up("eth0", 3)
	r.wait("make vrrp.51 on eth0")
	r.wait("net/ipv4/conf/eth0/arp_ignore = 1")
	own(14, true)
	r.wait("notify VI_1 MASTER 255")

	r.forget()
	r.stop()
	r.wait("remove 198.51.100.1/24 on vrrp.51", "unmake vrrp.51 on eth0")
	r.wait("net/ipv4/conf/eth0/arp_ignore = 0")
}

// A reload makes what is new, removes what is gone, and leaves the rest; a name of the
// instance does not count.
func TestOwnLinksReload(t *testing.T) {
	one, two := withVMAC("VI_1", 51, "vrrp.51", "eth0", "198.51.100.1/24"), withVMAC("VI_2", 52, "vrrp.52", "eth0", "198.51.100.2/24")
	r := start(t, one)
	r.wait("make vrrp.51 on eth0")
	r.links <- Link{Name: "vrrp.51", Index: 11, Up: true}
	r.wait("notify VI_1 MASTER 255")
	r.forget()
	one.Name = "RENAMED"
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{one, two}})
	r.wait("make vrrp.52 on eth0")
	r.never("unmake vrrp.51 on eth0")
	r.never("remove 198.51.100.1/24 on vrrp.51")
	r.links <- Link{Name: "vrrp.52", Index: 12, Up: true}
	r.wait("notify VI_2 MASTER 255")
	r.forget()
	r.reload(vrrp.Settings{Instances: []vrrp.Instance{two}})
	r.wait("unmake vrrp.51 on eth0")
	r.never("unmake vrrp.52 on eth0")
	r.never("net/ipv4/conf/eth0/arp_ignore = 0")
	r.reload(vrrp.Settings{})
	r.wait("unmake vrrp.52 on eth0")
	r.wait("net/ipv4/conf/eth0/arp_ignore = 0")
}

// Where it cannot be made the instance is in FAULT, and the log says why.
func TestOwnLinkRefused(t *testing.T) {
	sys := newFakeSystem(t)
	sys.noLink = errors.New("no such interfaces here")
	r := startOn(t, sys, withVMAC("VI_1", 51, "vrrp.51", "eth0", "198.51.100.1/24"))
	r.wait("notify VI_1 FAULT 255")
	if r.logged.where("(VI_1) no such interfaces here; trying again every 1s") < 0 {
		t.Errorf("logged:\n%s", r.logged.all())
	}
	sys.mu.Lock()
	sys.noLink = nil
	sys.mu.Unlock()
	r.links <- Link{Name: "vrrp.51", Index: 11, Up: true}
	r.wait("notify VI_1 MASTER 255")
}
