package firewall

import (
	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A direction is one of the two hooks that packets of this machine's own pass. What
// is forwarded passes neither.
type direction struct {
	chain string
	hook  *nftables.ChainHook
	// address4 and address6 are where the header has the address that is ours.
	address4, address6 uint32
	name, index        expr.MetaKey // of the interface
}

var directions = []direction{
	{"in", nftables.ChainHookInput, 16, 24, expr.MetaKeyIIFNAME, expr.MetaKeyIIF},
	{"out", nftables.ChainHookOutput, 12, 8, expr.MetaKeyOIFNAME, expr.MetaKeyOIF},
}

// Sizes of addresses, and where a register of 16 bytes follows the first one.
const (
	size4, size6  = 4, 16
	first, second = unix.NFT_REG_1, unix.NFT_REG_2
)

// addRules queues all that the table has besides elements. Names are those that
// keepalived gives.
func (t *table) addRules() error {
	addr := nftables.TypeIPAddr
	if t.key.ipv6 {
		addr = nftables.TypeIP6Addr
	}
	t.sets = [2]*nftables.Set{{Table: t.nft, Name: "vips", KeyType: addr}}
	if t.key.ipv6 {
		local := &nftables.Set{Table: t.nft, Name: "vips_link_local", Concatenation: true, KeyType: nftables.MustConcatSetType(addr, nftables.TypeIFName)}
		if t.key.ByIndex {
			local.KeyType = nftables.MustConcatSetType(addr, nftables.TypeIFIndex)
		}
		t.sets[1] = local
	}
	for _, s := range t.sets {
		if s == nil {
			continue
		}
		if err := t.conn.AddSet(s, nil); err != nil {
			return err
		}
	}
	for _, d := range directions {
		policy := nftables.ChainPolicyAccept
		chain := t.conn.AddChain(&nftables.Chain{
			Table: t.nft, Name: d.chain, Type: nftables.ChainTypeFilter, Hooknum: d.hook, Policy: &policy,
			Priority: nftables.ChainPriorityRef(nftables.ChainPriority(t.key.Priority)),
		})
		rule := func(verdict expr.VerdictKind, matches ...expr.Any) {
			if t.key.Counters {
				matches = append(matches, &expr.Counter{})
			}
			t.conn.AddRule(&nftables.Rule{Table: t.nft, Chain: chain, Exprs: append(matches, &expr.Verdict{Kind: verdict})})
		}
		if !t.key.ipv6 {
			rule(expr.VerdictDrop, load(d.address4, size4), in(t.sets[0]))
			continue
		}
		rule(expr.VerdictAccept, neighbourDiscovery()...)
		rule(expr.VerdictDrop, load(d.address6, size6), in(t.sets[0]))
		key := d.name
		if t.key.ByIndex {
			key = d.index
		}
		rule(expr.VerdictDrop, load(d.address6, size6), &expr.Meta{Key: key, Register: second}, in(t.sets[1]))
	}
	return nil
}

// neighbourDiscovery matches solicitations and advertisements of neighbours: without
// them nobody could send anything through the router (RFC 9568 section 6.4.3).
func neighbourDiscovery() []expr.Any {
	const solicitation, advertisement = 135, 136
	return []expr.Any{
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: first},
		&expr.Cmp{Op: expr.CmpOpEq, Register: first, Data: []byte{unix.IPPROTO_ICMPV6}},
		&expr.Payload{DestRegister: first, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1},
		&expr.Range{Op: expr.CmpOpEq, Register: first, FromData: []byte{solicitation}, ToData: []byte{advertisement}},
	}
}

// load loads a part of the network header.
func load(offset, size uint32) expr.Any {
	return &expr.Payload{DestRegister: first, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: size}
}

// in looks up in a set what was loaded.
func in(s *nftables.Set) expr.Any {
	return &expr.Lookup{SourceRegister: first, SetID: s.ID, SetName: s.Name}
}
