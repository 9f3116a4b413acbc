package lint

import "github.com/kactl/kactl/pkg/diag"

// These rules are about what one member sends and another takes for noise.

var clusterVersion = &Rule{
	Name: "cluster-version", Severity: diag.Warning,
	Doc: "nodes of one virtual router speak different versions of VRRP",
	Why: `A router drops adverts of another version. Each node hears nobody, and all of
them become master and hold the addresses. Write the same version, or
vrrp_version in global_defs, on all nodes.`,
	Bad:  "node a: version 2\nnode b: version 3",
	Good: "node a: version 3\nnode b: version 3",
	Cluster: compare(func(first, x *member) []diag.Diagnostic {
		if first.Version == x.Version {
			return nil
		}
		return differs(x.at("version", "vrrp_version"), "write the same version on all nodes",
			first.here("the other version", "version", "vrrp_version"),
			"%s speaks VRRP version %d and %s version %d: neither hears the other, both become master", x.Name, x.Version, first.name(), first.Version)
	}),
}

var clusterAdvertInterval = &Rule{
	Name: "cluster-advert-interval", Severity: diag.Warning,
	Doc: "nodes of one virtual router have different advert intervals",
	Why: `A router of version 2 drops adverts with another interval than its own: all nodes
become master. One of version 3 goes by the interval of the master that it hears,
so that the time of a take-over changes with who is master.`,
	Bad:  "node a: advert_int 1\nnode b: advert_int 2",
	Good: "node a: advert_int 1\nnode b: advert_int 1",
	Cluster: compare(func(first, x *member) []diag.Diagnostic {
		if first.AdvertInterval == x.AdvertInterval || first.Version != x.Version {
			return nil
		}
		consequence := "they drop each other's adverts, both become master"
		if x.Version == 3 {
			consequence = "the time of a take-over depends on who is master"
		}
		found := differs(x.at("advert_int"), "write the same advert_int on all nodes",
			first.here("the other interval", "advert_int"),
			"%s adverts every %s and %s every %s: %s", x.Name, x.AdvertInterval, first.name(), first.AdvertInterval, consequence)
		if x.Version == 3 {
			found[0].Severity = diag.Info
		}
		return found
	}),
}

var clusterAuthentication = &Rule{
	Name: "cluster-authentication", Severity: diag.Warning,
	Doc: "nodes of one virtual router authenticate differently",
	Why: `Adverts with another type of authentication or another password are dropped: all
nodes become master. Only the first 8 characters of auth_pass count.`,
	Bad:  "node a: auth_pass first\nnode b: auth_pass second",
	Good: "node a: auth_pass secret\nnode b: auth_pass secret",
	Cluster: compare(func(first, x *member) []diag.Diagnostic {
		a, b := first.Auth, x.Auth
		switch {
		case first.Version != 2 || x.Version != 2:
			return nil // version 3 has no authentication
		case a.Type != b.Type:
			return differs(x.at("authentication"), "write the same authentication on all nodes",
				first.here("the other authentication", "authentication"),
				"%s authenticates with %s and %s with %s: both become master", x.Name, b.Type, first.name(), a.Type)
		case !a.Password.Equal(b.Password):
			at := func(m *member) diag.Range {
				if auth := child(m.block, "authentication"); auth != nil {
					if pass := child(auth, "auth_pass"); pass != nil {
						return pass.Range()
					}
					return auth.Range()
				}
				return m.block.Range()
			}
			return differs(at(x), "write the same auth_pass on all nodes",
				[]diag.Related{{Range: at(first), Message: "the other password"}},
				"the password of %s is not that of %s: both become master", x.Name, first.name())
		}
		return nil
	}),
}

var clusterChecksum = &Rule{
	Name: "cluster-checksum", Severity: diag.Warning,
	Doc: "nodes of one virtual router compute the checksum differently",
	Why: `Over IPv4, version 3's checksum includes a pseudo-header or, with
v3_checksum_as_v2, does not. A router that expects the other one drops the advert,
and both become master.`,
	Bad:  "node a: v3_checksum_as_v2\nnode b: (nothing)",
	Good: "node a: v3_checksum_as_v2\nnode b: v3_checksum_as_v2",
	Cluster: compare(func(first, x *member) []diag.Diagnostic {
		if first.Version != 3 || x.Version != 3 || first.ChecksumAsV2 == x.ChecksumAsV2 || first.family() == 6 || x.family() == 6 {
			return nil
		}
		with := x
		if first.ChecksumAsV2 {
			with = first
		}
		return differs(x.at("v3_checksum_as_v2"), "write v3_checksum_as_v2 on all nodes, or on none",
			first.here("the other one", "v3_checksum_as_v2"),
			"only %s has v3_checksum_as_v2: neither of %s and %s takes the other's adverts, both become master", with.name(), x.Name, first.name())
	}),
}

var clusterMulticastGroup = &Rule{
	Name: "cluster-multicast-group", Severity: diag.Warning,
	Doc: "nodes of one virtual router use different multicast groups",
	Why: `Adverts reach only who has joined their group. Nodes in different groups do not
hear each other, and all become master.`,
	Bad:  "node a: vrrp_mcast_group4 224.0.0.18\nnode b: vrrp_mcast_group4 224.0.0.20",
	Good: "node a: vrrp_mcast_group4 224.0.0.18\nnode b: vrrp_mcast_group4 224.0.0.18",
	Cluster: compare(func(first, x *member) []diag.Diagnostic {
		if len(first.peers) > 0 || len(x.peers) > 0 || first.Group == x.Group || first.family() == 6 || x.family() == 6 {
			return nil
		}
		return differs(x.at("vrrp_mcast_group4"), "write the same vrrp_mcast_group4 on all nodes",
			first.here("the other group", "vrrp_mcast_group4"),
			"%s uses group %s and %s group %s: neither hears the other, both become master", x.Name, x.Group, first.name(), first.Group)
	}),
}
