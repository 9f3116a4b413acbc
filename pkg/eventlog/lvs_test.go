package eventlog_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/lvs"
)

var (
	service    = lvs.VirtualKey{ID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort("198.51.100.1:80")}}
	server     = lvs.RealKey{Service: service, Addr: netip.MustParseAddrPort("10.0.0.1:80")}
	plain      = &lvs.RealServer{Addr: server.Addr}
	inhibit    = &lvs.RealServer{Addr: server.Addr, Inhibit: true}
	tcp        = health.Check{Kind: health.TCP, Retries: 5}
	web        = health.Check{Kind: health.HTTP, Retries: 3}
	ssl        = health.Check{Kind: health.SSL}
	errRefused = errors.New("connection refused")
)

func TestChecks(t *testing.T) {
	check(t, []row{
		{event.Activated{Key: server, Check: tcp}, `INFO lvs="Activating healthchecker for service [10.0.0.1]:tcp:80 for VS [198.51.100.1]:tcp:80"`},
		{event.Check{Key: server, Check: tcp, Err: errRefused}, `INFO lvs="TCP_CHECK on service [10.0.0.1]:tcp:80 failed." reason="connection refused"`},
		{event.Check{Key: server, Check: tcp, Retries: 2, Err: errRefused}, `INFO lvs="TCP_CHECK on service [10.0.0.1]:tcp:80 failed after 2 retries." reason="connection refused"`},
		{event.Check{Key: server, Check: web, Err: errRefused}, `INFO lvs="HTTP_CHECK on service [10.0.0.1]:tcp:80 failed after 3 retries." reason="connection refused"`},
		{event.Check{Key: server, Check: ssl, Retries: 2, Err: errRefused}, `INFO lvs="HTTP_CHECK on service [10.0.0.1]:tcp:80 failed." reason="connection refused"`},
		{event.Check{Key: server, Check: tcp, Up: true}, `INFO lvs="TCP connection to [10.0.0.1]:tcp:80 success."`},
		{event.Check{Key: server, Check: web, Up: true}, `INFO lvs="Remote Web server [10.0.0.1]:tcp:80 succeed on service."`},
		{event.Probe{Key: server, Check: tcp}, `INFO lvs="TCP connection to [10.0.0.1]:tcp:80 success."`},
		{event.Probe{Key: server, Check: ssl}, `INFO lvs="Remote Web server [10.0.0.1]:tcp:80 succeed on service."`},
		{event.Probe{Key: server, Check: tcp, Err: errRefused, Again: time.Second}, `DEBUG lvs="TCP_CHECK on service [10.0.0.1]:tcp:80 failed, next try in 1s" reason="connection refused"`},
		{event.Probe{Key: server, Check: web, Err: errRefused, Again: time.Second}, `DEBUG lvs="HTTP_CHECK on service [10.0.0.1]:tcp:80 failed, next try in 1s" reason="connection refused"`},
	})
}

func TestServers(t *testing.T) {
	member := func(r *lvs.RealServer, up, with bool, c event.Cause) event.Membership {
		return event.Membership{Key: server, Real: r, Removed: true, Up: up, WithVirtual: with, Cause: c}
	}
	check(t, []row{
		{event.RealServer{Key: server, Real: plain, Up: true, Cause: event.Checked}, `INFO lvs="Adding service [10.0.0.1]:tcp:80 to VS [198.51.100.1]:tcp:80"`},
		{event.RealServer{Key: server, Real: inhibit, Up: true, Cause: event.Checked}, `INFO lvs="Enabling service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80"`},
		{event.RealServer{Key: server, Real: plain, Cause: event.Checked}, `INFO lvs="Removing service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"`},
		{event.RealServer{Key: server, Real: inhibit, Cause: event.Checked}, `INFO lvs="Disabling service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80"`},
		{event.RealServer{Key: server, Real: plain, Up: true, Added: true}, ""},
		{event.RealServer{Key: server, Real: plain, Removed: true}, ""},
		{event.Membership{Key: server, Real: plain, Up: true, Cause: event.Started}, ""},
		{member(plain, true, false, event.Stopped), `INFO lvs="Shutting down service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"`},
		{member(inhibit, false, false, event.Stopped), `INFO lvs="Shutting down (inhibited) service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"`},
		{member(plain, true, false, event.Reloaded), `
INFO lvs="service [10.0.0.1]:tcp:80 no longer exist"
INFO lvs="Removing service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"`},
		{member(plain, false, false, event.Reloaded), `INFO lvs="service [10.0.0.1]:tcp:80 no longer exist"`},
		{member(inhibit, false, false, event.Reloaded), `
INFO lvs="service [10.0.0.1]:tcp:80 no longer exist"
INFO lvs="Removing (inhibited) service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"`},
		{member(plain, true, true, event.Reloaded), `INFO lvs="Removing service [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"`},
		{member(plain, false, true, event.Reloaded), ""},
		{event.Weight{Key: server, From: 1, To: 3, Up: true}, `INFO lvs="Changing weight from 1 to 3 for active service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80"`},
		{event.Weight{Key: server, From: 3, To: 1}, `INFO lvs="Changing weight from 3 to 1 for inactive service [10.0.0.1]:tcp:80 of VS [198.51.100.1]:tcp:80"`},
	})
}

func TestServices(t *testing.T) {
	check(t, []row{
		{event.VirtualServer{Key: service, Cause: event.Started}, ""},
		{event.VirtualServer{Key: service, Removed: true, Cause: event.Reloaded}, `INFO lvs="Removing Virtual Server [198.51.100.1]:tcp:80"`},
		{event.Quorum{Key: service, Up: true, Weight: 4, Need: 3, Hysteresis: 1}, `INFO lvs="Gained quorum 3+1=4 <= 4 for VS [198.51.100.1]:tcp:80"`},
		{event.Quorum{Key: service, Weight: 1, Need: 3, Hysteresis: 1}, `INFO lvs="Lost quorum 3-1=2 > 1 for VS [198.51.100.1]:tcp:80"`},
		{event.SorryServer{Key: service, Sorry: server, Used: true}, `
INFO lvs="Adding sorry server [10.0.0.1]:tcp:80 to VS [198.51.100.1]:tcp:80"
INFO lvs="Removing alive servers from the pool for VS [198.51.100.1]:tcp:80"`},
		{event.SorryServer{Key: service, Sorry: server}, `INFO lvs="Removing sorry server [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"`},
		{event.SorryServer{Key: service, Sorry: server, Quorum: true}, `
INFO lvs="Removing sorry server [10.0.0.1]:tcp:80 from VS [198.51.100.1]:tcp:80"
INFO lvs="Adding alive servers to the pool for VS [198.51.100.1]:tcp:80"`},
	})
}
