package netio

import (
	"slices"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// The filter runs in the kernel, on every frame that the host sends or receives:
// adverts, plain or within AH, gratuitous ARP and unsolicited neighbour
// advertisements come through. An advert may have one IPv6 extension header.

const (
	accept = 256 << 10 // bytes: all of it
	reject = 0

	// maxFilterInterfaces is as far as a jump in the filter goes, and some.
	maxFilterInterfaces = 200

	packetOutgoing = unix.PACKET_OUTGOING
)

// captureFilter lets through what is for a capture on the interfaces; none means
// all.
func captureFilter(indexes []int) []bpf.Instruction {
	f := []bpf.Instruction{
		// The loopback interface shows twice what it carries.
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: packetOutgoing, SkipTrue: 3},
		bpf.LoadExtension{Num: bpf.ExtLinkLayerType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ARPHRD_LOOPBACK, SkipTrue: 1},
		bpf.RetConstant{Val: reject},
	}
	if n := len(indexes); n > 0 && n <= maxFilterInterfaces {
		f = append(f, bpf.LoadExtension{Num: bpf.ExtInterfaceIndex})
		for i, index := range indexes {
			f = append(f, bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(index), SkipTrue: uint8(n - i)})
		}
		f = append(f, bpf.RetConstant{Val: reject})
	}
	ether := etherFilter()
	f = append(f,
		bpf.LoadExtension{Num: bpf.ExtLinkLayerType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ARPHRD_ETHER, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.ARPHRD_LOOPBACK, SkipTrue: 3},
		// On any other link: from the network header on, wherever that is.
		bpf.LoadConstant{Dst: bpf.RegX, Val: networkHeader - typeLen},
		bpf.LoadExtension{Num: bpf.ExtProto},
		bpf.Jump{Skip: uint32(len(ether))},
	)
	return slices.Concat(f, ether, networkFilter())
}

const (
	// networkHeader is what the kernel adds to offsets that count from there
	// (SKF_NET_OFF).
	networkHeader = 1<<32 - 0x100000
	// typeLen is the length of the type of what is in an Ethernet frame.
	typeLen = 2
	// etherType is where that stands.
	etherType = 12
)

// etherFilter finds the type of what is in an Ethernet frame, behind four VLAN
// tags at the most: the accumulator is the type then, and X where it stands.
func etherFilter() []bpf.Instruction {
	f := []bpf.Instruction{bpf.LoadConstant{Dst: bpf.RegX, Val: etherType}}
	for range 4 {
		f = append(f,
			bpf.LoadIndirect{Off: 0, Size: 2},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x8100, SkipTrue: 3},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x88a8, SkipTrue: 2},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0x9100, SkipTrue: 1},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x9200, SkipTrue: 3},
			bpf.TXA{},
			bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 4},
			bpf.TAX{},
		)
	}
	return append(f, bpf.LoadIndirect{Off: 0, Size: 2})
}

// networkFilter decides by the type in the accumulator and what stands behind X.
func networkFilter() []bpf.Instruction {
	ipv4 := []bpf.Instruction{
		load(9, 1), // the protocol
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolVRRP, SkipTrue: 1},
		bpf.RetConstant{Val: accept},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolAH, SkipTrue: 8},
		load(0, 1), // the length of the header, behind which AH begins
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0xf},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2},
		bpf.ALUOpX{Op: bpf.ALUOpAdd},
		bpf.TAX{},
		load(0, 1), // what AH carries
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolVRRP, SkipTrue: 1},
		bpf.RetConstant{Val: accept},
		bpf.RetConstant{Val: reject},
	}
	arp := []bpf.Instruction{
		load(4, 1), // the length of a hardware address
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 6, SkipTrue: 1},
		bpf.RetConstant{Val: accept},
		load(14, 4), // the sender's address
		bpf.StoreScratch{Src: bpf.RegA, N: 0},
		load(24, 4), // the target's
		bpf.LoadScratch{Dst: bpf.RegX, N: 0},
		bpf.JumpIfX{Cond: bpf.JumpNotEqual, SkipTrue: 1},
		bpf.RetConstant{Val: accept},
		bpf.RetConstant{Val: reject},
	}
	ipv6 := []bpf.Instruction{
		load(6, 1), // the next header
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolVRRP, SkipTrue: 1},
		bpf.RetConstant{Val: accept},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 6},
		load(40, 1), // the type of the message
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 136, SkipTrue: 1},
		bpf.RetConstant{Val: reject},
		load(44, 1), // the flags of a neighbour advertisement
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x40, SkipTrue: 9},
		bpf.RetConstant{Val: accept},
		// Hop by hop, routing, fragment, AH, destination.
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_HOPOPTS, SkipTrue: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_ROUTING, SkipTrue: 3},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: unix.IPPROTO_FRAGMENT, SkipTrue: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: protocolAH, SkipTrue: 1},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_DSTOPTS, SkipTrue: 3},
		load(40, 1), // what follows that
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolVRRP, SkipTrue: 1},
		bpf.RetConstant{Val: accept},
		bpf.RetConstant{Val: reject},
	}
	var f []bpf.Instruction
	for _, s := range []struct {
		kind uint32
		part []bpf.Instruction
	}{{unix.ETH_P_IP, ipv4}, {unix.ETH_P_ARP, arp}, {unix.ETH_P_IPV6, ipv6}} {
		f = append(f, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: s.kind, SkipTrue: uint8(len(s.part))})
		f = append(f, s.part...)
	}
	return append(f, bpf.RetConstant{Val: reject})
}

// load loads size bytes of what follows the type that X stands on.
func load(offset uint32, size int) bpf.Instruction {
	return bpf.LoadIndirect{Off: typeLen + offset, Size: size}
}

// attach makes a program the filter of a socket, in place of the one before.
func attach(fd int, program []bpf.Instruction) error {
	raw, err := bpf.Assemble(program)
	if err != nil {
		return err
	}
	code := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		code[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
}
