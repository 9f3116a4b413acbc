package daemon

import (
	"context"
	"log/slog"
	"time"

	"github.com/kactl/kactl/pkg/daemon/vrrpd"
	"github.com/kactl/kactl/pkg/notify"
	"github.com/kactl/kactl/pkg/script"
	"github.com/kactl/kactl/pkg/track"
	"github.com/kactl/kactl/pkg/vrrp"
)

const (
	// notifyAtMost is the time that one notify script has. keepalived sets no
	// limit; here the scripts of an instance wait for each other, and one that
	// hangs must not keep the later states from being told.
	notifyAtMost = 5 * time.Minute
	// notifyAtEnd is the time that all of them have when the daemon stops.
	notifyAtEnd = 10 * time.Second
)

// routers is the VRRP side: the router, and what runs its scripts.
type routers struct {
	*vrrpd.Router
	queue *notify.Queue
	log   *slog.Logger
}

func (d *daemon) newRouters(s vrrp.Settings, runner *script.Runner) (*routers, error) {
	queue := notify.New(runner, notifyAtMost, d.vrrpLog)
	router, err := vrrpd.New(vrrpd.Config{
		Settings: s,
		System:   vrrpd.Linux{},
		Scripts:  track.New(s.Scripts, runner, d.vrrpLog),
		Notifier: queue,
		Log:      d.vrrpLog,
	})
	if err != nil {
		return nil, err
	}
	return &routers{router, queue, d.vrrpLog}, nil
}

// Run runs the router until ctx ends, and the scripts that tell of its end.
func (r *routers) Run(ctx context.Context) error {
	err := r.Router.Run(ctx)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), notifyAtEnd)
	defer cancel()
	if e := r.queue.Close(last); e != nil {
		r.log.Warn(e.Error()) // no failure of the daemon
	}
	return err
}
