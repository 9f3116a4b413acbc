package ipvs

import (
	"context"
	"errors"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

// ErrNoService says that the kernel has no such virtual service.
var ErrNoService = errors.New("no such service")

// ErrNotPermitted says that the process may not look at the table.
var ErrNotPermitted = errors.New("this takes CAP_NET_ADMIN: run as root")

// List reads the table, services by mark included. It wraps [ErrNoService] if
// the query names one that is not there.
//
// The kernel is asked more than once: a service that comes or goes meanwhile may
// be left out, or without destinations.
func (h *Handle) List(ctx context.Context, q Query) (*Listing, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l, err := h.list(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read IPVS table: %w", readable(err))
	}
	return l, nil
}

func (h *Handle) list(ctx context.Context, q Query) (l *Listing, err error) {
	l = &Listing{}
	if l.Version, l.Size, err = h.info(ctx); err != nil {
		return nil, err
	}
	if q.Service != nil {
		l.Services = make([]Service, 1)
		l.Services[0], err = h.service(ctx, *q.Service)
	} else {
		l.Services, err = h.allServices(ctx)
	}
	if err != nil {
		return nil, err
	}
	var table procTable
	if !q.Full && q.Service == nil {
		// Without /proc, as in a container that hides it, each is asked for.
		table, _ = h.procTable(len(l.Services))
	}
	return l, h.addDestinations(ctx, table.join(l.Services))
}

// allServices reads the services without their destinations.
func (h *Handle) allServices(ctx context.Context) ([]Service, error) {
	msgs, err := h.conn.Dump(ctx, h.command(cmdGetService))
	if err != nil {
		return nil, fmt.Errorf("services: %w", err)
	}
	services := make([]Service, len(msgs))
	for i, msg := range msgs {
		if services[i], err = parseService(msg); err != nil {
			return nil, fmt.Errorf("services: %w", err)
		}
	}
	return services, nil
}

// service reads one service without its destinations.
func (h *Handle) service(ctx context.Context, id lvs.ServiceID) (Service, error) {
	req := h.command(cmdGetService)
	req.AddData(idAttr(id))
	msgs, err := h.conn.Query(ctx, req)
	switch {
	case absent(err) || err == nil && len(msgs) == 0:
		return Service{}, fmt.Errorf("%s: %w", id.Listed(), ErrNoService)
	case err != nil:
		return Service{}, fmt.Errorf("%s: %w", id.Listed(), err)
	}
	s, err := parseService(msgs[0])
	if err != nil {
		return Service{}, fmt.Errorf("%s: %w", id.Listed(), err)
	}
	return s, nil
}

// addDestinations asks for the destinations of services. One that has gone
// meanwhile has none.
func (h *Handle) addDestinations(ctx context.Context, services []*Service) error {
	reqs := make([]*nl.NetlinkRequest, len(services))
	for i, s := range services {
		reqs[i] = h.destinationsRequest(s.ServiceID)
	}
	var failed error
	err := h.conn.Dumps(ctx, reqs, func(i int, msgs [][]byte, err error) {
		s := services[i]
		if err == nil {
			s.Destinations, err = parseDestinations(msgs, s.ServiceID)
		}
		if err != nil && !absent(err) && failed == nil {
			failed = fmt.Errorf("destinations of %s: %w", s.Listed(), err)
		}
	})
	if err != nil {
		return fmt.Errorf("destinations: %w", err)
	}
	return failed
}

func (h *Handle) destinationsRequest(id lvs.ServiceID) *nl.NetlinkRequest {
	req := h.command(cmdGetDest)
	req.AddData(idAttr(id))
	return req
}

func parseDestinations(msgs [][]byte, id lvs.ServiceID) (destinations []Destination, err error) {
	destinations = make([]Destination, len(msgs))
	for i, msg := range msgs {
		if destinations[i], err = parseDestination(msg, id); err != nil {
			return nil, err
		}
	}
	return destinations, nil
}

// readable names what the kernel only has a number for.
func readable(err error) error {
	if errors.Is(err, unix.EPERM) {
		return fmt.Errorf("%w (%w)", ErrNotPermitted, err)
	}
	return err
}

// info reads the version of IPVS and the size of its table of connections.
func (h *Handle) info(ctx context.Context) (version string, size int, err error) {
	msgs, err := h.query(ctx, h.command(cmdGetInfo))
	if err != nil {
		return "", 0, fmt.Errorf("version: %w", err)
	}
	if version, size, err = parseInfo(msgs[0]); err != nil {
		return "", 0, fmt.Errorf("version: %w", err)
	}
	return version, size, nil
}

func parseInfo(msg []byte) (version string, size int, err error) {
	var d decoder
	d.message(msg, func(kind uint16, v []byte) {
		switch kind {
		case infoVersion:
			n := d.u32(v)
			version = fmt.Sprintf("%d.%d.%d", n>>16&0xff, n>>8&0xff, n&0xff)
		case infoSize:
			size = int(d.u32(v))
		}
	})
	return version, size, d.err
}

// query sends one request and demands an answer.
func (h *Handle) query(ctx context.Context, req *nl.NetlinkRequest) ([][]byte, error) {
	msgs, err := h.conn.Query(ctx, req)
	if err == nil && len(msgs) == 0 {
		err = errMalformed
	}
	return msgs, err
}
