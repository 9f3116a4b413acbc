package ipvs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

var native = nl.NativeEndian()

// The commands and attributes of linux/ip_vs.h that are used here.
const (
	cmdNewService, cmdSetService, cmdDelService    = 1, 2, 3
	cmdNewDest, cmdSetDest, cmdDelDest, cmdGetDest = 5, 6, 7, 8

	attrService, attrDest = 1, 2

	svcFamily, svcProtocol, svcAddr, svcPort           = 1, 2, 3, 4
	svcScheduler, svcFlags, svcTimeout, svcNetmask     = 6, 7, 8, 9
	destAddr, destPort, destMethod, destWeight         = 1, 2, 3, 4
	destUpperThreshold, destLowerThreshold, destFamily = 5, 6, 11
)

// Apply carries out ops in their order, many to a send, and returns those that
// the kernel refused, with what its answer means. What it has already is none of
// them: an add of what exists becomes an edit, an edit of what does not an add,
// and a delete of what does not is done. A refused operation does not keep the
// later ones from being tried; of a service that it refuses the real servers are
// not mentioned besides.
//
// The error says that the connection failed: nobody knows what was done.
func (h *Handle) Apply(ctx context.Context, ops []lvs.Op) ([]lvs.Refusal, error) {
	if len(ops) == 0 {
		return nil, nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	first, err := h.try(ctx, ops)
	if err != nil {
		return nil, fmt.Errorf("change IPVS table: %w", err)
	}
	var again []lvs.Op
	var refused []lvs.Refusal
	for _, r := range first {
		if op, ok := otherwise(r.Op, r.Err); ok {
			again = append(again, op)
		} else if !gone(r) {
			refused = append(refused, r)
		}
	}
	if len(again) > 0 {
		second, err := h.try(ctx, again)
		if err != nil {
			return nil, fmt.Errorf("change IPVS table: %w", err)
		}
		refused = append(refused, second...)
	}
	return explained(refused), nil
}

// explained gives the refusals their meaning, and leaves out those that follow
// from another one.
func explained(refused []lvs.Refusal) (list []lvs.Refusal) {
	missing := map[lvs.ServiceID]bool{}
	for _, r := range refused {
		if r.Op.Kind == lvs.AddService {
			missing[r.Op.ID] = true
		}
	}
	for _, r := range refused {
		if r.Op.Kind != lvs.AddService && missing[r.Op.ID] {
			continue
		}
		r.Err = explain(r.Op, r.Err)
		list = append(list, r)
	}
	return list
}

func (h *Handle) try(ctx context.Context, ops []lvs.Op) ([]lvs.Refusal, error) {
	reqs := make([]*nl.NetlinkRequest, len(ops))
	for i, op := range ops {
		reqs[i] = h.request(op)
	}
	var refused []lvs.Refusal
	err := h.conn.Do(ctx, reqs, func(i int, err error) {
		switch {
		case err != nil:
			refused = append(refused, lvs.Refusal{Op: ops[i], Err: err})
		case h.OnWrite != nil:
			h.OnWrite(ops[i])
		}
	})
	return refused, err
}

// absent are the kernel's answers about a service (ESRCH) or a destination
// (ENOENT) that it does not have.
func absent(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) }

// gone says that what was to be deleted is not there.
func gone(r lvs.Refusal) bool {
	return absent(r.Err) && (r.Op.Kind == lvs.DeleteService || r.Op.Kind == lvs.DeleteDestination)
}

// otherwise returns what to do instead of op after the kernel refused it.
func otherwise(op lvs.Op, err error) (lvs.Op, bool) {
	switch {
	case op.Kind == lvs.AddService && errors.Is(err, unix.EEXIST):
		op.Kind = lvs.EditService
	case op.Kind == lvs.AddDestination && errors.Is(err, unix.EEXIST):
		op.Kind = lvs.EditDestination
	case op.Kind == lvs.EditService && errors.Is(err, unix.ESRCH):
		op.Kind = lvs.AddService
	case op.Kind == lvs.EditDestination && errors.Is(err, unix.ENOENT):
		op.Kind = lvs.AddDestination
	default:
		return op, false
	}
	return op, true
}

func (h *Handle) request(op lvs.Op) *nl.NetlinkRequest {
	req := nl.NewNetlinkRequest(int(h.family), 0)
	cmd := map[lvs.OpKind]uint8{
		lvs.AddService: cmdNewService, lvs.EditService: cmdSetService, lvs.DeleteService: cmdDelService,
		lvs.AddDestination: cmdNewDest, lvs.EditDestination: cmdSetDest, lvs.DeleteDestination: cmdDelDest,
	}[op.Kind]
	req.AddData(&nl.Genlmsg{Command: cmd, Version: 1})

	switch op.Kind {
	case lvs.AddService, lvs.EditService:
		req.AddData(serviceAttr(op.ID, op.Service))
	case lvs.AddDestination, lvs.EditDestination, lvs.DeleteDestination:
		req.AddData(idAttr(op.ID))
		req.AddData(destinationAttr(op.Addr, op.Destination))
	default:
		req.AddData(idAttr(op.ID))
	}
	return req
}

// ownFlags are those that kactl sets and clears; the others stay as they are.
const ownFlags = FlagPersistent | FlagOnePacket | schedFlags

func serviceAttr(id lvs.ServiceID, s lvs.Service) *nl.RtAttr {
	flags := Flags(s.Flags) * FlagSched1 & schedFlags
	if s.Persistence > 0 {
		flags |= FlagPersistent
	}
	if s.OnePacket {
		flags |= FlagOnePacket
	}
	a := idAttr(id)
	// The value, and the mask of which flags to set.
	a.AddRtAttr(svcFlags, append(nl.Uint32Attr(uint32(flags)), nl.Uint32Attr(uint32(ownFlags))...))
	a.AddRtAttr(svcScheduler, nl.ZeroTerminated(s.Scheduler))
	a.AddRtAttr(svcTimeout, nl.Uint32Attr(uint32(s.Persistence/time.Second)))
	a.AddRtAttr(svcNetmask, nl.Uint32Attr(toNetmask(s.Netmask, sampleAddr(id))))
	if s.Engine != "" { // an edit without one takes it away
		a.AddRtAttr(svcEngine, nl.ZeroTerminated(s.Engine))
	}
	return a
}

func destinationAttr(addr netip.AddrPort, d lvs.Destination) *nl.RtAttr {
	a := nl.NewRtAttr(attrDest|unix.NLA_F_NESTED, nil)
	a.AddRtAttr(destAddr, union(addr.Addr()))
	a.AddRtAttr(destPort, binary.BigEndian.AppendUint16(nil, addr.Port()))
	a.AddRtAttr(destFamily, nl.Uint16Attr(familyOf(addr.Addr())))
	a.AddRtAttr(destMethod, nl.Uint32Attr(uint32(toMethod(d.Forward))))
	a.AddRtAttr(destWeight, nl.Uint32Attr(uint32(d.Weight)))
	a.AddRtAttr(destUpperThreshold, nl.Uint32Attr(uint32(d.UpperThreshold)))
	a.AddRtAttr(destLowerThreshold, nl.Uint32Attr(uint32(d.LowerThreshold)))
	if d.Forward == lvs.TUN && d.Tunnel != (lvs.Tunnel{}) { // a kernel before 5.3 knows IPIP alone
		a.AddRtAttr(destTunType, []byte{byte(d.Tunnel.Type)})
		a.AddRtAttr(destTunPort, binary.BigEndian.AppendUint16(nil, d.Tunnel.Port))
		a.AddRtAttr(destTunFlags, nl.Uint16Attr(toTunnelFlags(d.Tunnel.Checksum)))
	}
	return a
}

// union lays an address out as the kernel's union nf_inet_addr.
func union(a netip.Addr) []byte {
	b := make([]byte, 16)
	copy(b, a.AsSlice())
	return b
}
