package rssetup

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kactl/kactl/pkg/config"
)

func TestFromConfig(t *testing.T) {
	const text = `
virtual_server_group WEB {
    203.0.113.30-31 80
    fwmark 7
}
virtual_server 203.0.113.16 80 {
    lb_kind DR
    real_server 198.51.100.51 80 {
    }
    real_server 198.51.100.52 80 {
    }
}
virtual_server 203.0.113.16 443 {
    lb_kind DR
    real_server 198.51.100.51 443 {
    }
}
virtual_server 203.0.113.17 80 {
    lb_kind TUN
    real_server 198.51.100.51 80 {
    }
}
virtual_server 203.0.113.17 443 {
    lb_kind DR
    real_server 198.51.100.51 443 {
    }
}
virtual_server 203.0.113.18 80 {
    lb_kind NAT
    real_server 198.51.100.51 80 {
    }
}
virtual_server 203.0.113.19 80 {
    lb_kind DR
    real_server 198.51.100.52 80 {
    }
    sorry_server 198.51.100.51 80
}
virtual_server 203.0.113.20 80 {
    lb_kind NAT
    real_server 198.51.100.52 80 {
    }
    real_server 198.51.100.51 80 {
        lvs_method DR
    }
}
virtual_server 203.0.113.21 80 {
    lb_kind TUN type gre
    real_server 198.51.100.51 80 {
    }
}
virtual_server 203.0.113.22 80 {
    lb_kind DR
    real_server 198.51.100.51 80 {
    }
}
virtual_server 203.0.113.22 443 {
    lb_kind TUN
    real_server 198.51.100.51 443 {
    }
}
virtual_server 2001:db8::16 80 {
    lb_kind DR
    real_server 2001:db8::51 80 {
    }
}
virtual_server fwmark 5 {
    lb_kind DR
    real_server 198.51.100.51 80 {
    }
}
virtual_server group WEB {
    lb_kind DR
    protocol TCP
    real_server 198.51.100.51 80 {
    }
}
virtual_server 127.0.0.1 80 {
    lb_kind DR
    real_server 198.51.100.54 80 {
    }
}
virtual_server_group LAST {
    255.255.255.254-255 80
}
virtual_server group LAST {
    lb_kind DR
    protocol TCP
    real_server 198.51.100.54 80 {
    }
    real_server 198.51.100.54 81 {
    }
}
`
	tests := []struct {
		local     string
		want      []string
		wantNotes []string
	}{
		{"198.51.100.51", []string{
			"203.0.113.16/32 dr lo", "203.0.113.17/32 tun tunl0", "203.0.113.19/32 dr lo", "203.0.113.20/32 dr lo",
			"203.0.113.22/32 tun tunl0", "203.0.113.30/32 dr lo", "203.0.113.31/32 dr lo",
		}, []string{
			"virtual_server 203.0.113.21 80 comes to this machine by another tunnel than IP in IP: that is not set up here",
			"virtual_server fwmark 5 balances by firewall mark, which names no address: give it with --vip",
			"virtual_server group WEB balances by firewall mark, which names no address: give it with --vip",
		}},
		{"198.51.100.52", []string{"203.0.113.16/32 dr lo", "203.0.113.19/32 dr lo"}, nil},
		{"2001:db8::51", []string{"2001:db8::16/128 dr lo"}, nil},
		{"198.51.100.53", nil, nil},
		{"203.0.113.16", nil, nil},
		{"198.51.100.54", []string{"255.255.255.254/32 dr lo"}, []string{
			"virtual_server 127.0.0.1 80 is not set up: 127.0.0.1/32 cannot be a virtual address",
			"virtual_server group LAST is not set up: 255.255.255.255/32 cannot be a virtual address",
		}},
	}
	file := filepath.Join(t.TempDir(), "keepalived.conf")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	res, err := config.Load(file, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		list, notes := FromConfig(res.Config.LVS, []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr(tt.local)})
		var got []string
		for _, target := range list {
			got = append(got, target.VIP.String()+" "+string(target.Mode)+" "+target.Device)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: %s", tt.local, d)
		}
		if d := cmp.Diff(tt.wantNotes, notes); d != "" {
			t.Errorf("%s: %s", tt.local, d)
		}
	}
}
