package config_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
)

// TestOwnInterfaces holds which interfaces are made, of which names, and which addresses
// are on them: what keepalived 2.2.7 makes of the same.
func TestOwnInterfaces(t *testing.T) {
	t.Parallel()
	text := `
vrrp_instance A {
 interface eth0
 virtual_router_id 51
 use_vmac
 virtual_ipaddress {
  10.9.0.100/24
 }
 virtual_ipaddress_excluded {
  2001:db8::77/64
 }
}
vrrp_instance B {
 interface eth1
 virtual_router_id 51
 use_vmac
 vmac_xmit_base
 virtual_ipaddress {
  10.8.0.100/24
 }
}
vrrp_instance C {
 interface eth0
 virtual_router_id 51
 version 3
 use_vmac
 virtual_ipaddress {
  fe80::51
 }
}
vrrp_instance D {
 interface eth0
 virtual_router_id 53
 use_vmac vrrp.54 02:01:02:03:04
 use_vmac_addr
 virtual_ipaddress {
  10.9.0.103
  10.8.0.103 dev eth1
 }
 virtual_ipaddress_excluded {
  2001:db8::78/64
  2001:db8::79/64
 }
}
vrrp_instance E {
 interface eth1
 virtual_router_id 54
 use_vmac
 virtual_ipaddress {
  10.8.0.104
  10.9.0.105 dev eth0
 }
}
vrrp_instance F {
 interface eth1
 virtual_router_id 55
 virtual_ipaddress {
  10.8.0.106
  10.9.0.106 dev eth0 use_vmac
 }
}
vrrp_instance G {
 interface eth0
 virtual_router_id 56
 use_ipvlan 10.9.0.44/24 private
 virtual_ipaddress {
  10.9.0.108
 }
}
vrrp_instance I {
 interface eth0
 virtual_router_id 53
 use_vmac other 02:01:02:03:04
 virtual_ipaddress {
  10.9.0.110
 }
}
vrrp_instance H {
 interface eth0
 virtual_router_id 57
 use_vmac own 2:0:0:0:0:a
 virtual_ipaddress {
  10.9.0.109
 }
}
`
	want := `A by vrrp.51: vrrp.51@eth0 00:00:5e:00:01:33; 10.9.0.100 on vrrp.51, 2001:db8::77 on eth0
B by eth1: vrrp1.51@eth1 00:00:5e:00:01:33; 10.8.0.100 on vrrp1.51
C by vrrp6.51: vrrp6.51@eth0 00:00:5e:00:02:33 IPv6; fe80::51 on vrrp6.51
D by vrrp.54: vrrp.54@eth0 02:01:02:03:04:35 aa.53@eth1 02:01:02:03:04:35 aa6.53@eth0 00:00:5e:00:02:35 IPv6; 10.9.0.103 on vrrp.54, 10.8.0.103 on aa.53, 2001:db8::78 on aa6.53, 2001:db8::79 on aa6.53
E by vrrp1.54: vrrp1.54@eth1 00:00:5e:00:01:36; 10.8.0.104 on vrrp1.54, 10.9.0.105 on eth0
F by eth1: aa.55@eth0 00:00:5e:00:01:37; 10.8.0.106 on eth1, 10.9.0.106 on aa.55
G by vrrp.56: vrrp.56@eth0 ipvlan private 10.9.0.44; 10.9.0.108 on vrrp.56
I by vrrp.54: vrrp.54@eth0 02:01:02:03:04:35; 10.9.0.110 on vrrp.54
H by own: own@eth0 02:00:00:00:00:0a; 10.9.0.109 on own
`
	for _, prefixes := range []string{"global_defs {\nvmac_addr_prefix aa\n}\n", "global_defs {\nvmac_prefix bb\n}\n"} {
		expect := want
		if strings.Contains(prefixes, "bb") {
			// What is named stays so, and makes no other name one that is taken.
			expect = strings.NewReplacer("aa6.", "bb6.", "aa.", "bb.", "vrrp1.54", "bb.54", "vrrp.54", "vrrp.54", "vrrp", "bb").Replace(want)
			expect = strings.NewReplacer("by bb.54: bb.54@eth0 02", "by vrrp.54: vrrp.54@eth0 02", "10.9.0.103 on bb.54", "10.9.0.103 on vrrp.54",
				"10.9.0.110 on bb.54", "10.9.0.110 on vrrp.54").Replace(expect)
		}
		r := readForPrint(t, prefixes+text)
		before := fmt.Sprint(r.Config.VRRP)
		running := r.Config.Running().VRRP
		var got strings.Builder
		for _, i := range running.Instances {
			sender := i.Interface
			if i.Sender != "" {
				sender = i.Sender
			}
			fmt.Fprintf(&got, "%s by %s:", i.Name, sender)
			for _, o := range i.Own {
				fmt.Fprintf(&got, " %s@%s", o.Name, o.Below)
				if o.MAC != nil {
					fmt.Fprintf(&got, " %s", net.HardwareAddr(o.MAC))
				} else {
					fmt.Fprintf(&got, " %s %s %s", o.Kind, o.Mode, o.Address)
				}
				if o.IPv6 {
					got.WriteString(" IPv6")
				}
			}
			sep := "; "
			for _, a := range append(i.Addresses, i.Excluded...) {
				fmt.Fprintf(&got, "%s%s on %s", sep, a.Prefix.Addr(), a.Device)
				sep = ", "
			}
			got.WriteString("\n")
			if i.Name == "G" && i.Source.String() != "10.9.0.44" {
				t.Errorf("the source is %s", i.Source)
			}
		}
		if got.String() != expect {
			t.Errorf("%s\ngot\n%s\nwant\n%s", prefixes, got.String(), expect)
		}
		if fmt.Sprint(r.Config.VRRP) != before {
			t.Error("the settings were changed")
		}
	}
}
