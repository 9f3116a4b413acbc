package link

import (
	"encoding/binary"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/iproute"
)

// ruleActions are the kernel's numbers of what rules do.
var ruleActions = map[string]uint8{
	"table": unix.FR_ACT_TO_TBL, "l3mdev": unix.FR_ACT_TO_TBL, "goto": unix.FR_ACT_GOTO, "nop": unix.FR_ACT_NOP,
	"blackhole": unix.FR_ACT_BLACKHOLE, "unreachable": unix.FR_ACT_UNREACHABLE, "prohibit": unix.FR_ACT_PROHIBIT,
}

// ruleHeader is struct fib_rule_hdr, whose numbers are bytes but for the flags.
type ruleHeader struct {
	family, dstLen, srcLen, tos, table, action uint8
	flags                                      uint32
}

func (h ruleHeader) Len() int { return 12 }

func (h ruleHeader) Serialize() []byte {
	b := []byte{h.family, h.dstLen, h.srcLen, h.tos, h.table, 0, 0, h.action}
	return binary.NativeEndian.AppendUint32(b, h.flags)
}

// ruleRequest asks for a rule or names one, by all of it.
func ruleRequest(kind, flags int, r *iproute.Rule) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(kind, flags)
	h := ruleHeader{family: unix.AF_INET, tos: r.TOS, action: ruleActions[r.Action]}
	if r.IPv6 {
		h.family = unix.AF_INET6
	}
	if r.From.IsValid() {
		h.srcLen = uint8(r.From.Bits())
	}
	if r.To.IsValid() {
		h.dstLen = uint8(r.To.Bits())
	}
	if r.Not {
		h.flags = unix.FIB_RULE_INVERT
	}
	req.AddData(h)
	add := func(cond bool, kind int, value []byte) {
		if cond {
			req.AddData(nl.NewRtAttr(kind, value))
		}
	}
	number := func(cond bool, kind int, n uint32) { add(cond, kind, nl.Uint32Attr(n)) }
	add(h.srcLen > 0, unix.FRA_SRC, r.From.Addr().AsSlice())
	add(h.dstLen > 0, unix.FRA_DST, r.To.Addr().AsSlice())
	add(r.In != "", unix.FRA_IIFNAME, nl.ZeroTerminated(r.In))
	add(r.Out != "", unix.FRA_OIFNAME, nl.ZeroTerminated(r.Out))
	number(true, unix.FRA_PRIORITY, r.Preference)
	if r.Mark != nil {
		number(true, unix.FRA_FWMARK, r.Mark.Value)
		number(true, unix.FRA_FWMASK, r.Mark.Mask)
	}
	number(r.Action == "table", unix.FRA_TABLE, r.Table)
	number(r.Action == "goto", unix.FRA_GOTO, r.Goto)
	add(r.Action == "l3mdev", unix.FRA_L3MDEV, []byte{1})
	number(r.Realms != iproute.Realms{}, unix.FRA_FLOW, flow(r.Realms))
	add(r.TunnelID != 0, unix.FRA_TUN_ID, binary.BigEndian.AppendUint64(nil, r.TunnelID))
	if r.SuppressPrefixLength != nil {
		number(true, unix.FRA_SUPPRESS_PREFIXLEN, *r.SuppressPrefixLength)
	}
	if r.SuppressGroup != nil {
		number(true, unix.FRA_SUPPRESS_IFGROUP, *r.SuppressGroup)
	}
	add(true, unix.FRA_PROTOCOL, []byte{r.Protocol})
	add(r.IPProtocol != 0, unix.FRA_IP_PROTO, []byte{r.IPProtocol})
	add(r.SourcePorts != nil, unix.FRA_SPORT_RANGE, ports(r.SourcePorts))
	add(r.DestinationPorts != nil, unix.FRA_DPORT_RANGE, ports(r.DestinationPorts))
	if u := r.UIDs; u != nil {
		add(true, unix.FRA_UID_RANGE, append(nl.Uint32Attr(u.First), nl.Uint32Attr(u.Last)...))
	}
	return req
}

func addRuleRequest(r *iproute.Rule) *nl.NetlinkRequest {
	return ruleRequest(unix.RTM_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, r)
}

func deleteRuleRequest(r *iproute.Rule) *nl.NetlinkRequest {
	return ruleRequest(unix.RTM_DELRULE, 0, r)
}

// ports is struct fib_rule_port_range.
func ports(s *iproute.Span) []byte {
	if s == nil {
		return nil
	}
	return append(nl.Uint16Attr(uint16(s.First)), nl.Uint16Attr(uint16(s.Last))...)
}
