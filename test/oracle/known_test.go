package oracle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kactl/kactl/pkg/diag"
)

// A bug is a kind of disagreement that is keepalived's fault: kactl does not
// follow it there.
type bug struct {
	kind, why string
	// explains reports whether a difference between what keepalived says and
	// what we say is of this kind.
	explains func(r result, difference string) bool
}

var (
	refused = regexp.MustCompile(`: (Unknown keyword '|Unexpected '\{'|Extra '\}'|Missing '\{')|^not ours: (Missing '\{'|There are)`)
	status  = regexp.MustCompile(`^status `)
	number  = regexp.MustCompile(`^about another word: .*invalid number`)
	port    = regexp.MustCompile(`^about another word: .*(Invalid sorry server IP address|Invalid virtual server group IP address|Invalid real server ip address/port)`)
)

// bugs are all kinds that are known. Each must occur.
var bugs = []bug{
	{"crash", "keepalived 2.2.7 crashes on some faults, so that it does not say what they are, or goes on with memory that is not its own",
		func(r result, _ string) bool { return r.answer.status == -1 || !utf8.ValidString(r.answer.text) }},
	{"no iptables", "Debian's keepalived is built without, and takes nftables instead",
		func(r result, _ string) bool { return strings.Contains(r.answer.text, "iptables not supported") }},
	{"block without its {", "several processes of keepalived read the file, and each skips the blocks that are not its own by their " +
		"braces: where the { is missing, the process whose block it is reads it and the others refuse every line of it",
		func(r result, difference string) bool {
			return (refused.MatchString(difference) || r.answer.status == 2 && status.MatchString(difference)) && slices.ContainsFunc(r.ours.Tree.Diagnostics, func(d diag.Diagnostic) bool {
				return d.Rule == "missing-brace" && strings.HasPrefix(d.Message, "no {")
			})
		}},
	{"several faults, one of braces", "as above, and its processes come to an end at a value that lacks, each at its own: what they " +
		"refuse of a block hangs on which of them reads it",
		func(r result, difference string) bool {
			return r.fault == "" && slices.ContainsFunc(r.ours.Tree.Diagnostics, func(d diag.Diagnostic) bool {
				return d.Rule == "missing-brace" || d.Rule == "stray-brace"
			})
		}},
	{"global_defs without its }", "the other processes look for the end of global_defs in vain and read nothing",
		func(r result, difference string) bool {
			return strings.HasPrefix(difference, "not keepalived's") && slices.ContainsFunc(r.ours.Diagnostics, func(d diag.Diagnostic) bool {
				return inGlobals.MatchString(d.Message) || strings.HasPrefix(d.Message, "global_defs is not closed")
			})
		}},
	{"another word of the line", "it calls the address invalid where the port behind it is, and of two wrong words it takes a later one",
		func(r result, difference string) bool {
			return port.MatchString(difference) || number.MatchString(difference) && slices.ContainsFunc(r.ours.Diagnostics, func(d diag.Diagnostic) bool {
				return (d.Rule == "address" || d.Rule == "value" || d.Rule == "extra-words") && strings.Contains(difference, fmt.Sprintf(":%d: ", d.Range.Start.Line))
			})
		}},
}

// inGlobals tells of a block that global_defs goes on into.
var inGlobals = regexp.MustCompile(`^unknown (keyword|block) "(vrrp_|virtual_server|bfd_|static_|linkbeat_int|garp_group|track_|interface_up|SSL)[a-z_]*" in global_defs`)

// known returns the kind of the differences of r, if one explains each.
func known(r result) string {
	kind := ""
	for _, difference := range r.differs {
		i := slices.IndexFunc(bugs, func(b bug) bool { return b.explains(r, difference) })
		if i < 0 && !status.MatchString(difference) {
			return ""
		}
		if i >= 0 {
			kind = bugs[i].kind
		}
	}
	return kind
}
