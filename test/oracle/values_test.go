package oracle

import (
	"fmt"
	"strconv"
)

// links and tracked are the interfaces of the namespace: those for instances, and
// those to track.
var (
	links   = []string{"eth0", "eth1", "ens33", "enp0s3"}
	tracked = []string{"wan0", "wan1", "wan2"}
)

var nouns = []string{"alpha1", "beta", "gate", "left", "north", "web", "lb01", "x", "a-b", "rack_7", "café"}

func pick(g *generator, from ...string) string { return from[g.IntN(len(from))] }

// unique returns a number that no other value of this configuration has.
func (g *generator) unique() int {
	g.count++
	return g.count
}

// values are the classes of the grammar that need no definition.
var values = map[string]func(*generator) string{
	"word":      func(g *generator) string { return pick(g, nouns...) },
	"bool":      func(g *generator) string { return pick(g, "on", "off", "true", "false", "yes", "no") },
	"interface": func(g *generator) string { return pick(g, links...) },
	"port":      func(g *generator) string { return pick(g, "1", "80", "443", "8080", "65535") },
	"the port":  func(g *generator) string { return g.port },
	"mail":      func(g *generator) string { return pick(g, nouns...) + "@example.com" },
	"hex":       func(g *generator) string { return pick(g, "00", "0a0b", "ff 00", "deadbeef") },
	"digest":    func(*generator) string { return "640205b7b0fc66c1ea91c463fac6334d" },
	"secret":    func(g *generator) string { return pick(g, "1111", "12345678", "s3cret") },
	"vrid":      func(g *generator) string { return strconv.Itoa(g.unique()%255 + 1) },
	"ip": func(g *generator) string {
		return fmt.Sprintf("10.%d.%d.%d", 1+g.IntN(8), g.unique()%256, 1+g.IntN(254))
	},
	"ip6": func(g *generator) string { return fmt.Sprintf("2001:db8::%x:%x", g.unique(), 1+g.IntN(254)) },
	"program": func(g *generator) string {
		return pick(g, "/bin/true", `"/bin/true"`, `"/bin/echo a b"`, "/bin/true root", `"/bin/sleep 1" root root`)
	},
	"program_alone": func(g *generator) string { return pick(g, "/bin/true", `"/bin/echo a 'b c'"`) },
}
