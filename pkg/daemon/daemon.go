package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/daemon/checkd"
	"github.com/kactl/kactl/pkg/daemon/child"
	"github.com/kactl/kactl/pkg/daemon/logsink"
	"github.com/kactl/kactl/pkg/daemon/vrrpd"
	"github.com/kactl/kactl/pkg/event"
	"github.com/kactl/kactl/pkg/eventlog"
	"github.com/kactl/kactl/pkg/link"
	"github.com/kactl/kactl/pkg/notify"
	"github.com/kactl/kactl/pkg/script"
	"github.com/kactl/kactl/pkg/status"
	"github.com/kactl/kactl/pkg/track"
)

// Run runs the daemon until ctx ends or a signal stops it.
func Run(ctx context.Context, o Options) error {
	child.KeepName()
	sink, console := openLog(o)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		sink.Close(ctx)
	}()
	d := &daemon{
		Options: o,
		sink:    sink,
		status:  newServiceStatus(),
		log:     sink.Logger(identityMain),
		vrrpLog: sink.Logger(identityVRRP),
		lvsLog:  sink.Logger(identityCheckers),
	}
	err := d.run(ctx)
	if err != nil {
		d.log.Error(err.Error())
	}
	d.log.Info("Stopped kactl " + o.Version)
	if err == nil {
		return nil
	}
	exit := ExitError{Status: statusFailure, Err: err}
	errors.As(err, &exit)
	if console {
		exit.Err = nil // it has been told
	}
	return exit
}

// A daemon is one run of kactl run.
type daemon struct {
	Options
	log, vrrpLog, lvsLog *slog.Logger
	sink                 *logsink.Sink
	manager              manager
	pid                  pidFile

	process   config.Process // as applied
	shortfall string         // what of the configuration is not in force, or empty
	probes    atomic.Int64   // how many checks may be made at a time
	scarce    int            // the need of descriptors that was said to be too high
	router    *vrrpd.Daemon
	checkers  *checkd.Daemon
	mail      *notify.Mail
	fifos     *notify.FIFOs
	status    *serviceStatus
	read      status.Reload // the configuration, the last time
	found     found         // in the configuration then
	missing   []error       // why not all of a reload is in force
	events    func(event.Event)
}

func (d *daemon) run(ctx context.Context) error {
	d.log.Info("Starting kactl " + d.Version)
	for _, note := range d.Notes {
		d.log.Warn(note)
	}
	d.openManager()
	defer d.manager.close()
	// From the first: who finds the pid file may send a signal at once. Those
	// that end the daemon have a way of their own, which no others can fill.
	ctx, stop := signal.NotifyContext(ctx, unix.SIGTERM, unix.SIGINT)
	defer stop()
	reload := make(chan os.Signal, 1) // one that waits stands for any number
	signal.Notify(reload, unix.SIGHUP)
	defer signal.Stop(reload)
	others := make(chan os.Signal, 4)
	signal.Notify(others, unix.SIGPIPE, unix.SIGUSR1, unix.SIGUSR2)
	defer signal.Stop(others)
	if err := needCapabilities(); err != nil {
		return ExitError{statusFailure, err}
	}
	unlock, err := d.claim()
	if err != nil {
		return ExitError{statusRefused, err}
	}
	defer unlock()
	cfg, err := d.load()
	if err != nil {
		return err
	}

	if d.DumpConfig {
		d.dump(cfg)
	}
	cfg = cfg.Running()
	d.schedule(cfg.Global.VRRPProcess)
	d.descriptors(cfg)
	g, ctx := errgroup.WithContext(ctx)
	runner := &script.Runner{}
	events := notify.NewStream(d.log)
	log := eventlog.Log{VRRP: d.vrrpLog, LVS: d.lvsLog, Daemon: d.log}
	events.AddFirst(log.Handle)
	d.events = events.Emit
	events.Add("Notify scripts", notify.NewScripts(notify.New(runner, d.log)))
	d.mail = notify.NewMail(mailSettings(&cfg.Global), d.log)
	events.Add("Mail", d.mail)
	d.fifos = notify.NewFIFOs(fifoSettings(&cfg.Global, d.log), runner, d.log)
	events.Add("FIFOs", d.fifos)
	defer d.finishEvents(events)
	if d.VRRP {
		// Who adds addresses and who announces them must not wait for the loop,
		// nor the loop for whom a busy machine keeps from running: one goroutine
		// more may run than there are processors. With more than that those who
		// have time would compete with those who have none.
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
		d.router, err = vrrpd.New(vrrpd.Config{
			Settings:      cfg.VRRP,
			System:        vrrpd.Linux{},
			Scripts:       track.New(cfg.VRRP.Scripts, runner, d.vrrpLog),
			Sources:       []vrrpd.Source{track.NewFiles(cfg.VRRP.Files, d.vrrpLog), track.NewProcesses(cfg.VRRP.Processes, d.vrrpLog)},
			Beat:          link.Beat,
			Events:        d.events,
			Log:           d.vrrpLog,
			KeepAddresses: d.KeepAddresses,
		})
		if err != nil {
			return err
		}
		g.Go(func() error { return d.router.Run(ctx) })
	}
	if d.Checkers {
		d.checkers = d.newCheckers(cfg.LVS, d.events)
		g.Go(func() error {
			d.status.tell(ctx, d.tellStatus())
			return nil
		})
		g.Go(func() error { return d.checkers.Run(ctx) })
	}
	scheduleGC()
	go func() {
		d.tellReady(ctx, cfg)
		d.handle(ctx, reload, others)
	}()
	<-ctx.Done()
	d.log.Info("Stopping")
	d.status.alone(func() { d.warn(d.manager.stopping()) })
	return g.Wait()
}

// claim makes this the one daemon of its pid file until unlock is called. The
// error wraps ErrRunning. That the file cannot be written, or locked, keeps no
// daemon from running.
func (d *daemon) claim() (unlock func(), err error) {
	held, err := takeLock(lockFiles, d.PIDFile)
	switch {
	case errors.Is(err, ErrRunning):
		return nil, err
	case err != nil:
		d.log.Warn(fmt.Sprintf("nothing keeps a second daemon from starting: %v", err))
	}
	if err := refuseKeepalived(d.PIDFile, realProcesses()); err != nil {
		held.release()
		return nil, err
	}
	d.pid.path = d.PIDFile
	d.warn(d.pid.write())
	return func() {
		d.warn(d.pid.remove())
		held.release()
	}, nil
}

// scheduleGC clears away what reading the configuration and starting has left behind,
// when that is done. Left to itself the garbage collector would do so at the
// next burst of work: in the middle of a take-over.
func scheduleGC() { time.AfterFunc(gcAfter, runtime.GC) }

// gcAfter is the time that a start or a reload has.
const gcAfter = 500 * time.Millisecond

// schedule applies the keywords of VRRP's scheduling where VRRP runs, if they
// have changed. Without the right to it the daemon runs all the same.
func (d *daemon) schedule(p config.Process) {
	if !d.VRRP || reflect.DeepEqual(p, d.process) {
		return
	}
	if err := schedule(d.process, p); err != nil {
		d.log.Warn(err.Error())
	}
	d.process = p
}

// notifyAtEnd is the time that all notify scripts have when the daemon stops.
const notifyAtEnd = 10 * time.Second

// finishEvents lets the scripts of the end run, and sends the last mails.
func (d *daemon) finishEvents(events *notify.Stream) {
	ctx, cancel := context.WithTimeout(context.Background(), notifyAtEnd)
	defer cancel()
	if err := events.Close(ctx); err != nil {
		d.log.Warn(err.Error())
	}
}

// handle obeys signals until ctx ends. A reload that hangs, on a file system
// that does not answer, must not keep the daemon from stopping: nobody waits for
// this goroutine.
func (d *daemon) handle(ctx context.Context, reload, others <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload:
			d.reload(ctx)
		case s := <-others:
			switch s {
			case unix.SIGPIPE: // a log whose reader has gone
			case unix.SIGUSR1:
				d.logStatus(ctx)
			default:
				d.log.Info(fmt.Sprintf("signal %s is not supported yet", unix.SignalName(s.(unix.Signal))))
			}
		}
	}
}

// reload reads the file again. One that cannot be used leaves everything as it
// is.
func (d *daemon) reload(ctx context.Context) {
	d.log.Info("Reloading ...")
	d.warn(d.pid.write())
	d.warn(d.manager.reloading())
	cfg, err := d.load()
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		d.read.Err = err.Error()
		d.reloaded(err)
		d.ready("The file cannot be run; the configuration before it stays in force")
		return
	}
	cfg = cfg.Running()
	d.schedule(cfg.Global.VRRPProcess)
	d.mail.Configure(mailSettings(&cfg.Global))
	d.fifos.Configure(fifoSettings(&cfg.Global, d.log))
	d.descriptors(cfg) // before sockets are opened
	if d.router != nil {
		d.incomplete(ctx, d.router.Reload(ctx, cfg.VRRP))
	}
	if d.checkers != nil {
		d.incomplete(ctx, d.checkers.Reload(ctx, cfg.LVS))
	}
	scheduleGC()
	d.reloaded(nil)
	d.tellReady(ctx, cfg)
}

// incomplete takes note that a reload could not put all in force for the reason err,
// if that is one.
func (d *daemon) incomplete(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	d.missing = append(d.missing, err)
	if d.read.Err != "" {
		d.read.Err += "; "
	}
	d.read.Err, d.read.InPart = d.read.Err+err.Error(), true
}

// reloaded emits the end of a reload. err is why the settings before it stay in force.
func (d *daemon) reloaded(err error) {
	d.events(event.Reload{File: d.ConfigFile, Err: err, Missing: d.missing, Errors: d.found.errors, Warnings: d.found.warnings, At: time.Now()})
	d.missing = nil
}

// openManager connects to the service manager. Without it the daemon runs all
// the same.
func (d *daemon) openManager() {
	var err error
	d.manager, err = openManager()
	d.warn(err)
}

func (d *daemon) warn(err error) {
	if err != nil {
		d.log.Warn(err.Error())
	}
}

// tellReady tells the service manager, and the first time who started the daemon
// into the background, once the settings are in force: the sockets are open, and the kernel's table is written, as far as they can be. An
// interface that is down, or nothing to do at all, keeps nobody from starting.
func (d *daemon) tellReady(ctx context.Context, cfg *config.Config) {
	var done []string
	if d.router != nil {
		select {
		case <-d.router.Ready():
		case <-ctx.Done():
		}
		done = append(done, count(len(cfg.VRRP.Instances), "virtual router"))
	}
	if d.checkers != nil {
		select {
		case <-d.checkers.Ready():
		case <-ctx.Done():
		}
		done = append(done, count(len(cfg.LVS.Services), "virtual server"))
	}
	if ctx.Err() != nil {
		return
	}
	if d.shortfall != "" {
		d.log.Warn(d.shortfall)
	}
	if d.read.InPart {
		done = append(done, "but not all of the last reload is in force: see the log")
	}
	d.ready("Running " + strings.Join(done, ", "))
	if d.Ready != nil {
		ctx, cancel := context.WithTimeout(ctx, flushWithin)
		defer cancel()
		d.sink.Flush(ctx) // who started us may not read on
		d.Ready()
		d.Ready = nil
	}
}

// flushWithin is the time that the log of the start has to be written.
const flushWithin = 2 * time.Second

// ready tells the service manager what runs.
func (d *daemon) ready(what string) {
	d.status.alone(func() { d.warn(d.manager.ready(d.status.runs(what))) })
}

// tellStatus returns what tells the service manager the status. Of failures in a
// row the log has the first.
func (d *daemon) tellStatus() func(line string) {
	failed := false
	return func(line string) {
		err := d.manager.status(line)
		if !failed {
			d.warn(err)
		}
		failed = err != nil
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// needCapabilities says early, and once, what would otherwise fail later in
// many places.
func needCapabilities() error {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return fmt.Errorf("read own capabilities: %w", err)
	}
	const needed = 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_NET_RAW
	if data[0].Effective&needed != needed {
		return errors.New("CAP_NET_ADMIN and CAP_NET_RAW are needed: run it as root")
	}
	return nil
}
