package ipvs

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	moby "github.com/moby/ipvs"

	"github.com/kactl/kactl/pkg/lvs"
)

// flagPersistent is IP_VS_SVC_F_PERSISTENT. The kernel adds others of its own
// when read, 0x2 (hashed) always; none of them is part of what is wanted.
const flagPersistent = 0x1

// Table reads the table. Services that are found by firewall mark are not in
// it: kactl neither writes nor removes them.
func (h *Handle) Table(ctx context.Context) (lvs.Table, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read IPVS table: %w", err)
	}
	if err := h.openReader(); err != nil {
		return nil, fmt.Errorf("read IPVS table: %w", err)
	}
	services, err := h.services(ctx)
	if err != nil {
		return nil, fmt.Errorf("read IPVS table: virtual servers: %w", err)
	}
	table, err := assemble(services, func(key lvs.ServiceKey) (map[netip.AddrPort]lvs.Destination, error) {
		return h.destinations(ctx, key)
	})
	if err != nil {
		return nil, fmt.Errorf("read IPVS table: %w", err)
	}
	return table, nil
}

// services reads the virtual servers. moby/ipvs waits for a lost answer for
// ever; closing it ends that.
func (h *Handle) services(ctx context.Context) ([]*moby.Service, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, h.reader.Close)
	services, err := h.reader.GetServices()
	if !stop() {
		h.reader = nil // closed
		return nil, ctx.Err()
	}
	if err != nil {
		h.dropReader()
	}
	return services, err
}

// assemble makes a table of services and their destinations.
func assemble(services []*moby.Service, destinations func(lvs.ServiceKey) (map[netip.AddrPort]lvs.Destination, error)) (lvs.Table, error) {
	table := make(lvs.Table, len(services))
	for _, s := range services {
		if s.FWMark != 0 {
			continue
		}
		key, service, err := fromService(s)
		if err != nil {
			return nil, err
		}
		if service.Destinations, err = destinations(key); err != nil {
			return nil, fmt.Errorf("real servers of %s: %w", key, err)
		}
		table[key] = service
	}
	return table, nil
}

func fromService(s *moby.Service) (lvs.ServiceKey, lvs.Service, error) {
	addr, err := fromIP(s.Address)
	if err != nil {
		return lvs.ServiceKey{}, lvs.Service{}, fmt.Errorf("virtual server: %w", err)
	}
	key := lvs.ServiceKey{Protocol: lvs.Protocol(s.Protocol), Addr: netip.AddrPortFrom(addr, s.Port)}
	service := lvs.Service{Scheduler: s.SchedName, Netmask: fromNetmask(s.Netmask, addr)}
	if s.Flags&flagPersistent != 0 {
		service.Persistence = time.Duration(s.Timeout) * time.Second
	}
	return key, service, nil
}

func fromIP(ip net.IP) (netip.Addr, error) {
	addr, ok := netip.AddrFromSlice(ip)
	if !ok {
		return netip.Addr{}, fmt.Errorf("address of %d bytes", len(ip))
	}
	return addr, nil // moby/ipvs gives 4 bytes for IPv4
}
