package ipvs

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

func op(kind lvs.OpKind, service, real string) lvs.Op {
	o := lvs.Op{Kind: kind, ID: lvs.ServiceID{Protocol: lvs.TCP, Addr: netip.MustParseAddrPort(service)}, Service: lvs.Service{Scheduler: "sed"}}
	if real != "" {
		o.Addr, o.Destination = netip.MustParseAddrPort(real), lvs.Destination{Forward: lvs.NAT}
	}
	return o
}

// TestExplain wants a meaning, and the kernel's own words, for what it may answer
// to each operation. TestKernelRefusals has a kernel that answers so.
func TestExplain(t *testing.T) {
	const v4, v6 = "198.51.100.1:80", "[2001:db8::1]:80"
	for _, tt := range []struct {
		op    lvs.Op
		errno unix.Errno
		says  string
	}{
		{op(lvs.AddService, v4, ""), unix.ENOENT, "modprobe ip_vs_sed"},
		{op(lvs.EditService, v4, ""), unix.ENOENT, "modprobe ip_vs_sed"},
		{op(lvs.AddService, v4, ""), unix.EINVAL, "persistence_granularity"},
		{op(lvs.AddService, v4, ""), unix.EPERM, "CAP_NET_ADMIN"},
		{op(lvs.AddService, v4, ""), unix.EEXIST, "another program"},
		{op(lvs.EditService, v4, ""), unix.ESRCH, "another program"},
		{op(lvs.AddService, v6, ""), unix.EAFNOSUPPORT, "CONFIG_IP_VS_IPV6"},
		{op(lvs.AddService, v4, ""), unix.EPROTONOSUPPORT, "CONFIG_IP_VS_PROTO_TCP"},
		{op(lvs.AddService, v4, ""), unix.ENOMEM, "memory"},
		{op(lvs.AddDestination, v4, "224.0.0.9:80"), unix.EINVAL, "224.0.0.9 cannot be a real server"},
		{op(lvs.EditDestination, v4, "10.0.0.255:80"), unix.EINVAL, "broadcast address of a network"},
		{op(lvs.AddDestination, v6, "[fe80::1]:80"), unix.EINVAL, "link-local"},
		{op(lvs.AddDestination, v4, "[fd00::1]:80"), unix.EINVAL, "lvs_method TUN"},
		{op(lvs.AddDestination, v4, "10.0.0.1:80"), unix.ERANGE, "uthreshold"},
		{op(lvs.AddDestination, v4, "10.0.0.1:80"), unix.ESRCH, "no such service"},
		{op(lvs.AddDestination, v4, "10.0.0.1:80"), unix.EEXIST, "another program"},
		{op(lvs.DeleteService, v4, ""), unix.EPERM, "CAP_NET_ADMIN"},
	} {
		err := explain(tt.op, tt.errno)
		if !errors.Is(err, tt.errno) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "("+tt.errno.Error()+")") {
			t.Errorf("%s, %v: %v, want something about %q", tt.op, tt.errno, err, tt.says)
		}
	}
	tunnel := op(lvs.AddDestination, v4, "[fd00::1]:80")
	tunnel.Destination.Forward = lvs.TUN
	if err := explain(tunnel, unix.EINVAL); !strings.Contains(err.Error(), "lvs_sync_daemon") {
		t.Error(err)
	}
	if err := explain(op(lvs.DeleteService, v4, ""), unix.EIO); err != unix.EIO {
		t.Errorf("%v, want what nobody knows as it is", err)
	}
}

// The real servers of a service that is refused are not mentioned besides.
func TestRefusalsThatFollow(t *testing.T) {
	got := explained([]lvs.Refusal{
		{Op: op(lvs.AddService, "198.51.100.1:80", ""), Err: unix.ENOENT},
		{Op: op(lvs.AddDestination, "198.51.100.1:80", "10.0.0.1:80"), Err: unix.ESRCH},
		{Op: op(lvs.AddDestination, "198.51.100.2:80", "224.0.0.9:80"), Err: unix.EINVAL},
	})
	if len(got) != 2 || got[0].Op.Kind != lvs.AddService || got[1].Op.ID.Addr.String() != "198.51.100.2:80" {
		t.Errorf("%v", got)
	}
}
