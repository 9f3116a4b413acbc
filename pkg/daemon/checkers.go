package daemon

import (
	"fmt"

	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/ipvs"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/probe"
)

// commands are the kernel's names of the operations on its table, for those who
// count in the log what was written.
var commands = map[lvs.OpKind]string{
	lvs.AddService: "NEW_SERVICE", lvs.EditService: "SET_SERVICE", lvs.DeleteService: "DEL_SERVICE",
	lvs.AddDestination: "NEW_DEST", lvs.EditDestination: "SET_DEST", lvs.DeleteDestination: "DEL_DEST",
}

// newCheckers returns the checkers for settings, which have yet to run.
func (d *daemon) newCheckers(settings lvs.Settings, events func(event.Event)) *checkd.Daemon {
	return checkd.New(checkd.Config{
		Settings: settings,
		Open: func() (checkd.IPVS, error) {
			h, err := ipvs.Open()
			if err != nil {
				return nil, err
			}
			h.OnWrite = func(op lvs.Op) { d.lvsLog.Debug(fmt.Sprintf("ipvs: %s: %v", commands[op.Kind], op)) }
			return h, nil
		},
		Prober:       &probe.Prober{},
		Events:       events,
		KeepServices: d.KeepServices,
		Probes:       func(checks int) int { return min(checks, int(d.probes.Load())) },
		Status:       d.status.troubled,
		Log:          d.lvsLog,
	})
}
