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

// maxErrors is how many refused operations an error of Apply names.
const maxErrors = 8

// Apply carries out ops in their order, many to a send. What the kernel has
// already is no error: an add of what exists becomes an edit, an edit of what
// does not an add, and a delete of what does not is done. A refused operation
// does not keep the later ones from being tried.
func (h *Handle) Apply(ctx context.Context, ops []lvs.Op) error {
	if len(ops) == 0 {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	refused, err := h.try(ctx, ops)
	if err != nil {
		return fmt.Errorf("change IPVS table: %w", err)
	}
	var again []lvs.Op
	var errs []error
	for _, r := range refused {
		if op, ok := otherwise(r.op, r.err); ok {
			again = append(again, op)
		} else if !gone(r) {
			errs = append(errs, fmt.Errorf("%s: %w", r.op, r.err))
		}
	}
	if len(again) > 0 {
		if refused, err = h.try(ctx, again); err != nil {
			return fmt.Errorf("change IPVS table: %w", err)
		}
		for _, r := range refused {
			errs = append(errs, fmt.Errorf("%s: %w", r.op, r.err))
		}
	}
	if n := len(errs); n > maxErrors {
		errs = append(errs[:maxErrors], fmt.Errorf("and %d more", n-maxErrors))
	}
	return errors.Join(errs...)
}

type refusal struct {
	op  lvs.Op
	err error
}

func (h *Handle) try(ctx context.Context, ops []lvs.Op) ([]refusal, error) {
	reqs := make([]*nl.NetlinkRequest, len(ops))
	for i, op := range ops {
		reqs[i] = h.request(op)
	}
	var refused []refusal
	err := h.conn.Do(ctx, reqs, func(i int, err error) {
		switch {
		case err != nil:
			refused = append(refused, refusal{ops[i], err})
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
func gone(r refusal) bool {
	return absent(r.err) && (r.op.Kind == lvs.DeleteService || r.op.Kind == lvs.DeleteDestination)
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

	full := op.Kind == lvs.AddService || op.Kind == lvs.EditService
	req.AddData(serviceAttr(op.Key, op.Service, full))
	switch op.Kind {
	case lvs.AddDestination, lvs.EditDestination, lvs.DeleteDestination:
		req.AddData(destinationAttr(op.Addr, op.Destination))
	}
	return req
}

func serviceAttr(key lvs.ServiceKey, s lvs.Service, full bool) *nl.RtAttr {
	addr := key.Addr.Addr()
	a := nl.NewRtAttr(attrService|unix.NLA_F_NESTED, nil)
	a.AddRtAttr(svcFamily, nl.Uint16Attr(familyOf(addr)))
	a.AddRtAttr(svcProtocol, nl.Uint16Attr(uint16(key.Protocol)))
	a.AddRtAttr(svcAddr, union(addr))
	a.AddRtAttr(svcPort, binary.BigEndian.AppendUint16(nil, key.Addr.Port()))
	if !full {
		return a
	}
	var flags Flags
	if s.Persistence > 0 {
		flags = FlagPersistent
	}
	// The value and the mask of which flags to set: all of them.
	a.AddRtAttr(svcFlags, append(nl.Uint32Attr(uint32(flags)), nl.Uint32Attr(^uint32(0))...))
	a.AddRtAttr(svcScheduler, nl.ZeroTerminated(s.Scheduler))
	a.AddRtAttr(svcTimeout, nl.Uint32Attr(uint32(s.Persistence/time.Second)))
	a.AddRtAttr(svcNetmask, nl.Uint32Attr(toNetmask(s.Netmask, addr)))
	return a
}

func destinationAttr(addr netip.AddrPort, d lvs.Destination) *nl.RtAttr {
	a := nl.NewRtAttr(attrDest|unix.NLA_F_NESTED, nil)
	a.AddRtAttr(destAddr, union(addr.Addr()))
	a.AddRtAttr(destPort, binary.BigEndian.AppendUint16(nil, addr.Port()))
	a.AddRtAttr(destFamily, nl.Uint16Attr(familyOf(addr.Addr())))
	a.AddRtAttr(destMethod, nl.Uint32Attr(uint32(toMethod(d.Forward))))
	a.AddRtAttr(destWeight, nl.Uint32Attr(uint32(d.Weight)))
	a.AddRtAttr(destUpperThreshold, nl.Uint32Attr(0))
	a.AddRtAttr(destLowerThreshold, nl.Uint32Attr(0))
	return a
}

// union lays an address out as the kernel's union nf_inet_addr.
func union(a netip.Addr) []byte {
	b := make([]byte, 16)
	copy(b, a.AsSlice())
	return b
}
