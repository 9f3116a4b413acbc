package ipvs

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Daemons reads which sides of the connection synchronization run, the master
// first.
func (h *Handle) Daemons(ctx context.Context) ([]Daemon, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	msgs, err := h.conn.Dump(ctx, h.command(cmdGetDaemon))
	if err != nil {
		return nil, fmt.Errorf("read IPVS sync daemons: %w", readable(err))
	}
	daemons := make([]Daemon, len(msgs))
	for i, msg := range msgs {
		if daemons[i], err = parseDaemon(msg); err != nil {
			return nil, fmt.Errorf("read IPVS sync daemons: %w", err)
		}
	}
	return daemons, nil
}

// stateBackup is IP_VS_STATE_BACKUP.
const stateBackup = 2

func parseDaemon(msg []byte) (daemon Daemon, err error) {
	var d decoder
	found := false
	d.message(msg, func(kind uint16, v []byte) {
		if kind == attrDaemon {
			daemon, found = d.daemon(v), true
		}
	})
	if !found {
		d.malformed()
	}
	return daemon, d.err
}

func (d *decoder) daemon(b []byte) (daemon Daemon) {
	var group netip.Addr
	var port uint16
	d.each(b, func(kind uint16, v []byte) {
		switch kind {
		case daemonState:
			daemon.Backup = d.u32(v) == stateBackup
		case daemonInterface:
			daemon.Interface = unix.ByteSliceToString(v)
		case daemonSyncID:
			daemon.SyncID = d.u32(v)
		case daemonMaxLength:
			daemon.MaxLength = d.u16(v)
		case daemonGroup:
			group = d.address(v, unix.AF_INET)
		case daemonGroup6:
			group = d.address(v, unix.AF_INET6)
		case daemonPort:
			port = d.u16(v)
		case daemonTTL:
			daemon.TTL = d.u8(v)
		}
	})
	daemon.Group = netip.AddrPortFrom(group, port)
	return daemon
}
