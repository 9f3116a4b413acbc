package lint

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/vrrp"
)

var clusterHMAC = &Rule{
	Name: "cluster-hmac", Severity: diag.Warning,
	Doc: "nodes of one virtual router refuse each other's signatures",
	Why: `With auth_hmac a router takes adverts that are signed with one of its keys, and in
mode enforce no others; without auth_hmac it refuses those that are signed. All nodes
become master. Give all nodes the keys that any of them signs with.`,
	Bad:  "node a: key 1 hex:...\nnode b: key 2 hex:...",
	Good: "node a: key 1 hex:...\nnode b: key 1 hex:...",
	Cluster: compare(func(first, x *member) []diag.Diagnostic {
		if first.Version != 3 || x.Version != 3 {
			return nil
		}
		for _, pair := range [][2]*member{{first, x}, {x, first}} {
			from, to := pair[0], pair[1]
			if why := refusal(&from.HMAC, &to.HMAC); why != "" {
				return differs(x.at("auth_hmac"), "give all nodes the keys that any of them signs with",
					first.here("the other one", "auth_hmac"),
					"%s refuses the adverts of %s, %s: both become master", to.name(), from.name(), why)
			}
		}
		return nil
	}),
}

// refusal says why a router does not take the adverts of another; it is empty if it
// does, as far as one can tell: a key in a file of another machine is not known.
func refusal(from, to *vrrp.HMAC) string {
	signs := len(from.Keys) > 0 && from.Mode != vrrp.HMACReceiveOnly
	switch {
	case from.Keyless || to.Keyless:
		return "" // which does not run, and was reported
	case !signs && len(to.Keys) > 0 && to.Mode == vrrp.HMACEnforce:
		return "which are not signed"
	case !signs:
		return ""
	case len(to.Keys) == 0:
		return "which are signed"
	}
	of := func(h *vrrp.HMAC, id uint8) int {
		return slices.IndexFunc(h.Keys, func(k vrrp.HMACKey) bool { return k.ID == id })
	}
	signing, n := of(from, from.Active), of(to, from.Active)
	switch {
	case signing < 0:
		return ""
	case n < 0:
		return "which are signed with a key that it does not have"
	}
	a, b := from.Keys[signing].Secret, to.Keys[n].Secret
	if a.Len() > 0 && b.Len() > 0 && !a.Equal(b) {
		return "which are signed with another key of the same number"
	}
	return ""
}
