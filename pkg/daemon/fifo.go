package daemon

import (
	"fmt"
	"log/slog"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/notify"
	"github.com/kactl/kactl/pkg/script"
)

// fifoSettings are those of g. A pipe whose owner is not known is left out.
func fifoSettings(g *config.Global, log *slog.Logger) notify.FIFOSettings {
	of := func(c config.FIFO) notify.FIFO {
		if c.Path == "" {
			return notify.FIFO{}
		}
		user, group := c.User, c.Group
		if user == "" {
			user, group = g.ScriptUser, g.ScriptGroup
		}
		uid, gid, err := script.Owner(user, group)
		if err != nil {
			log.Error(fmt.Sprintf("FIFO %s is not made: its owner is not known", c.Path), "error", err)
			return notify.FIFO{}
		}
		return notify.FIFO{Path: c.Path, UID: uid, GID: gid, Script: c.Script}
	}
	f := &g.FIFOs
	return notify.FIFOSettings{All: of(f.All), VRRP: of(f.VRRP), LVS: of(f.LVS), OnReload: f.OnReload}
}
