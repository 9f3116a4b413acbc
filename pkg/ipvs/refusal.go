package ipvs

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/lvs"
)

// explain says what the kernel's answer err to op means, and what to do
// (net/netfilter/ipvs/ip_vs_ctl.c). The error wraps err, whose own words stand
// behind: "invalid argument" alone helps nobody.
func explain(op lvs.Op, err error) error {
	if text := meaning(op, err); text != "" {
		return fmt.Errorf("%s (%w)", text, err)
	}
	return err
}

func meaning(op lvs.Op, err error) string {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return "changing the table takes CAP_NET_ADMIN: run as root, or give it to the service or the container"
	case errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOBUFS):
		return "the kernel has no memory for it"
	case errors.Is(err, unix.EAFNOSUPPORT):
		return "this kernel balances no IPv6: it needs CONFIG_IP_VS_IPV6, and IPv6 itself"
	case errors.Is(err, unix.EPROTONOSUPPORT):
		return fmt.Sprintf("this kernel does not balance %s: it needs CONFIG_IP_VS_PROTO_%[1]s", op.ID.Protocol)
	case errors.Is(err, unix.ENETDOWN):
		return "this network namespace is about to end"
	}
	switch op.Kind {
	case lvs.AddService, lvs.EditService:
		return meaningOfService(op, err)
	case lvs.AddDestination, lvs.EditDestination:
		return meaningOfDestination(op, err)
	}
	return ""
}

func meaningOfService(op lvs.Op, err error) string {
	switch {
	case errors.Is(err, unix.ENOENT) && op.Service.Engine != "":
		return fmt.Sprintf("the kernel has no scheduler %s or no persistence engine %s: run modprobe ip_vs_%[1]s and modprobe ip_vs_pe_%[2]s, and load them at boot through /etc/modules-load.d", op.Service.Scheduler, op.Service.Engine)
	case errors.Is(err, unix.ENOENT):
		return fmt.Sprintf("the kernel has no scheduler %s: run modprobe ip_vs_%[1]s, load it at boot through /etc/modules-load.d, or name another one in lvs_sched", op.Service.Scheduler)
	case errors.Is(err, unix.EINVAL):
		return "the kernel does not take these values: look at persistence_granularity, at the flags of the scheduler and at ops"
	case errors.Is(err, unix.EEXIST):
		return "another program adds and deletes the same service: let only one of them write the table"
	case errors.Is(err, unix.ESRCH):
		return "another program deleted the service meanwhile: let only one of them write the table"
	}
	return ""
}

func meaningOfDestination(op lvs.Op, err error) string {
	addr := op.Addr.Addr()
	switch {
	case errors.Is(err, unix.EINVAL) && addr.Is4() != op.ID.Addr.Addr().Is4() && op.Destination.Forward != lvs.TUN:
		return fmt.Sprintf("%s is of another address family than its service, which takes lvs_method TUN", addr)
	case errors.Is(err, unix.EINVAL) && addr.Is4() != op.ID.Addr.Addr().Is4():
		return fmt.Sprintf("%s is of another address family than its service, which the sync daemon (lvs_sync_daemon) cannot tell its peer: do without one of them", addr)
	case errors.Is(err, unix.EINVAL) && addr.Is6() && addr.IsLinkLocalUnicast():
		return fmt.Sprintf("%s is a link-local address, which cannot be a real server: write another one of it", addr)
	case errors.Is(err, unix.EINVAL):
		return fmt.Sprintf("%s cannot be a real server: it is multicast, unspecified, or the broadcast address of a network of this machine, or the loopback interface is down: write the address of a host", addr)
	case errors.Is(err, unix.ERANGE):
		return "the kernel does not take its weight, or lthreshold is more than uthreshold"
	case errors.Is(err, unix.ESRCH):
		return "there is no such service: another program deleted it, or the kernel refused it"
	case errors.Is(err, unix.EEXIST), errors.Is(err, unix.ENOENT):
		return "another program adds and deletes the same real server: let only one of them write the table"
	}
	return ""
}
