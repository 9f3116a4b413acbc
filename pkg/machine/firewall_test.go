package machine

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/kactl/kactl/pkg/lint"
)

// withFirewall is a machine whose programs print files of testdata.
func withFirewall(t testing.TB, files map[string]string) *Machine {
	t.Helper()
	return newMachine(fstest.MapFS{}, func(name string, _ ...string) ([]byte, error) {
		if files[name] == "" {
			return nil, errors.New("no such program")
		}
		return os.ReadFile(filepath.Join("testdata", files[name]))
	})
}

func vrrp(device, source, dest string) lint.Packet {
	p := lint.Packet{Device: device, Dest: netip.MustParseAddr(dest), Protocol: 112}
	p.Source, _ = netip.ParseAddr(source)
	return p
}

func udp(device, source, dest string, port uint16) lint.Packet {
	p := vrrp(device, source, dest)
	p.Protocol, p.Port = 17, port
	return p
}

// The files are what nft -j and iptables-save of nftables 1.0.6 and iptables
// 1.8.9 print; those of iptables are of one set of rules.
func TestDrops(t *testing.T) {
	nft := map[string]string{"nft": "nft.json"}
	iptables := map[string]string{"iptables-save": "iptables.save"}
	tests := []struct {
		name   string
		files  map[string]string
		packet lint.Packet
		chain  string
	}{
		{"rejected in the zone", nft, vrrp("eth0", "", "224.0.0.18"), "inet filter input"},
		{"rejected in the zone, source known", nft, vrrp("eth0", "192.0.2.7", "224.0.0.18"), "inet filter input"},
		{"dropped by the policy", nft, vrrp("eth0", "", "ff02::12"), "inet filter input"},
		{"accepted in one chain, dropped in the next", nft, vrrp("lo", "", "224.0.0.18"), "ip other INPUT"},
		{"may be an established connection", nft, udp("eth0", "192.0.2.2", "192.0.2.1", 8848), ""},
		{"may be established in one chain, dropped in the next", nft, vrrp("eth0", "192.0.2.2", "192.0.2.1"), "ip other INPUT"},
		{"the port is accepted", nft, udp("eth0", "", "224.0.0.81", 8848), ""},
		{"the port of a network, to it", nft, udp("wlan0", "10.1.2.3", "224.0.0.99", 53), ""},
		{"the port of a network, to another", nft, udp("wlan0", "192.0.2.2", "224.0.0.99", 53), "inet filter input"},
		{"the port of a network, source not known", nft, udp("wlan0", "", "224.0.0.99", 53), ""},

		{"accepted in the chain of VRRP", iptables, vrrp("eth0", "", "224.0.0.18"), ""},
		{"rejected behind the chain of VRRP", iptables, vrrp("eth0", "", "224.0.0.20"), "iptables INPUT"},
		{"rejected on another device", iptables, vrrp("wlan0", "", "224.0.0.18"), "iptables INPUT"},
		{"may be established", iptables, vrrp("wlan0", "192.0.2.2", "192.0.2.1"), ""},
		{"accepted from all but a network", iptables, udp("eth0", "192.0.2.2", "224.0.0.81", 8005), ""},
		{"accepted from all but a network, from it", iptables, udp("eth0", "10.0.0.2", "224.0.0.81", 8005), "iptables INPUT"},
		{"accepted for another port", iptables, udp("eth0", "192.0.2.2", "224.0.0.81", 8011), "iptables INPUT"},
		{"the other family has no rules", iptables, vrrp("wlan0", "", "ff02::12"), ""},
		{"the rules of IPv6", map[string]string{"ip6tables-save": "ip6tables.save"}, vrrp("eth0", "", "ff02::12"), "ip6tables INPUT"},

		{"extensions of iptables cannot be judged", map[string]string{"nft": "iptables-nft.json"}, vrrp("wlan0", "", "224.0.0.18"), ""},
		{"firewalld", map[string]string{"nft": "firewalld.json"}, vrrp("eth0", "", "224.0.0.18"), "inet firewalld filter_INPUT"},
		{"no firewall", nil, vrrp("eth0", "", "224.0.0.18"), ""},
		{"unreadable", map[string]string{"nft": "iptables.save", "iptables-save": "nft.json"}, vrrp("eth0", "", "224.0.0.18"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			chain, ok := withFirewall(t, tt.files).Drops(tt.packet)
			if chain != tt.chain || ok != (tt.chain != "") {
				t.Errorf("got %q, %v; want %q", chain, ok, tt.chain)
			}
		})
	}
}

// FuzzFirewall holds that no ruleset, however odd, ends the program.
func FuzzFirewall(f *testing.F) {
	for _, name := range []string{"nft.json", "iptables-nft.json", "firewalld.json", "iptables.save"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("*filter\n:INPUT DROP\n-A INPUT -j INPUT\n-A INPUT ! -p\n-A INPUT -m comment --comment \"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m := newMachine(fstest.MapFS{}, func(string, ...string) ([]byte, error) { return text, nil })
		if chain, ok := m.Drops(vrrp("eth0", "", "224.0.0.18")); ok != (chain != "") {
			t.Errorf("chain %q, %v", chain, ok)
		}
	})
}
