package peers

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// late is in global_defs what allows for an interface that is not there yet.
const late = `
global_defs {
    dynamic_interfaces {{.Data}}
}
vrrp_instance HERE {
    interface eth0
    virtual_router_id 1
    version 3
    advert_int 0.2
    virtual_ipaddress {
        203.0.113.1
    }
}
vrrp_instance ON {
    interface late0
    virtual_router_id 2
    version 3
    advert_int 0.2
    virtual_ipaddress {
        203.0.113.2
    }
}
vrrp_instance ADDRESS {
    interface eth0
    virtual_router_id 3
    version 3
    advert_int 0.2
    virtual_ipaddress {
        203.0.113.3 dev late0
    }
}
vrrp_instance TRACKS {
    interface eth0
    virtual_router_id 4
    version 3
    advert_int 0.2
    track_interface {
        late0
    }
    virtual_ipaddress {
        203.0.113.4
    }
}
vrrp_instance WEIGHS {
    interface eth0
    virtual_router_id 5
    version 3
    advert_int 0.2
    track_interface {
        late0 weight -20
    }
    virtual_ipaddress {
        203.0.113.5
    }
}
`

// TestDynamicInterfaces starts with an interface that is not there, adds it, takes
// it away and adds another one of its name: what needs it is master while it is
// there, and what does not need it all the time. keepalived does the same.
func TestDynamicInterfaces(t *testing.T) {
	t.Parallel()
	for _, kind := range []lab.Kind{lab.DefaultKind(), lab.Keepalived} {
		for _, word := range []string{"", "allow_if_changes"} {
			t.Run(string(kind)+" "+word, func(t *testing.T) {
				t.Parallel()
				l := lab.New(t)
				lan, other := l.Segment("lan"), l.Segment("other")
				h := l.Host("lb1", lan, "198.51.100.1/24")
				capture := lan.Capture()
				d := h.Start(lab.Config{Kind: kind, Text: late, Data: word})
				defer func() {
					if t.Failed() {
						t.Log(dump(d))
					}
				}()
				holds := func(n byte) bool { return h.HasAddr(netip.AddrFrom4([4]byte{203, 0, 113, n})) }
				without := func() bool {
					return holds(1) && !holds(2) && !holds(3) && !holds(4) && holds(5)
				}
				with := func() bool {
					return !slices.ContainsFunc([]byte{1, 2, 3, 4, 5}, func(n byte) bool { return !holds(n) })
				}
				priority := func(want byte) {
					t.Helper()
					capture.WaitFor(time.Now(), settle, "WEIGHS announces its priority", func(f lab.Frame) bool {
						return f.Advert != nil && f.Advert.VRID == 5 && f.Advert.Priority == want
					})
				}
				lab.Eventually(t, startLimit, "what needs nothing else runs", without)
				for _, name := range []string{"ON", "ADDRESS", "TRACKS"} {
					d.WaitLog("("+name+") ", settle)
				}
				lab.Always(t, time.Second, "the others do not", without)
				priority(80)
				for range 2 {
					port := h.Attach(other, "late0", "198.51.101.1/24")
					lab.Eventually(t, 2*settle, "all are master with the interface", with)
					priority(100)
					port.Remove()
					lab.Eventually(t, settle, "what needs the interface is not master without", without)
					priority(80)
				}
				if !d.Running() {
					t.Errorf("%s has ended", kind)
				}
			})
		}
	}
}
