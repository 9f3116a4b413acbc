package lint

import "testing"

func TestLetIn(t *testing.T) {
	for chain, want := range map[string]string{
		"inet filter input": "nft insert rule inet filter input meta l4proto vrrp accept",
		"iptables INPUT":    "iptables -I INPUT -p vrrp -j ACCEPT",
		"ip6tables INPUT":   "ip6tables -I INPUT -p vrrp -j ACCEPT",
	} {
		if got := letIn(chain, "-p vrrp", "meta l4proto vrrp"); got != want {
			t.Errorf("%s: %q, want %q", chain, got, want)
		}
	}
}
