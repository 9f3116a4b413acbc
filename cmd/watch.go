package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/netio"
	"github.com/kactl/kactl/pkg/watch"
)

var watchChoices = choices{
	"output": {"text", "json"},
	"color":  colorSettings,
}

func newWatch(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "watch",
		Short: "Watch VRRP on the wire: adverts, masters, take-overs, split brain",
		Long: `watch captures VRRP adverts, or reads them from a file, and prints each on a line:
time, interface, source > destination, version, VRID, priority, interval,
authentication, addresses, and whether it is right. It follows who is master of
each virtual router, and tells of take-overs and their gaps, split brain, VRID
collisions, mismatches, missed adverts, and addresses claimed by the wrong machine
as events. Passwords are never shown.

It captures versions 2 and 3 over IPv4 and IPv6, on all interfaces without
--interface, and needs the capability CAP_NET_RAW for it. Backups are silent: only
masters are seen.

With --events it prints events alone and exits with 1 if any was an error, so
that it can be a probe: kactl watch --events --duration 10s. With --vrid as well
it is an error to hear nothing.

Events that are errors: ` + eventNames(diag.Error) + `.
Warnings: ` + eventNames(diag.Warning) + `.
Infos: ` + eventNames(diag.Info) + `.
Those that last have an end, NAME-end, which is an info.

With -o json each line is an object. That of an event has the key "event", and
besides severity, time, interface, vlans, family, vrid, message; from, to, sender,
masters (address, mac, priority), by, gap, since, duration, count, differs,
address as they apply. That of an advert has time, interface, vlans, mac, source,
destination, ttl, version, vrid, priority, interval, auth, addresses, checksum,
verdict; hmac (key, verdict) and ah (spi, sequence) if it has one. Intervals and
durations are in seconds.

Exit status: 0 it came to its end or was interrupted, 1 it failed, or --events had
an error to tell, 2 the command line is wrong.` + settingsHelp("watch", "interface"),
		Example: `  kactl watch
  kactl watch -i eth0 --vrid 51
  kactl watch --events --duration 10s || logger 'VRRP trouble'
  kactl watch --top
  kactl watch -r capture.pcap -o json | jq 'select(.event == "take-over") | .gap'
  kactl watch -i eth0 -w vrrp.pcapng --events
  kactl watch -i eth0 --key 1:file:/etc/keepalived/hmac.key`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := readSettings(c)
			if err != nil {
				return statusError{exitUsage, err}
			}
			// An unset variable of a script must not ask for something else.
			for _, name := range []string{"interface", "key", "read", "write"} {
				f := c.Flags().Lookup(name)
				list, isList := f.Value.(pflag.SliceValue)
				if f.Changed && (f.Value.String() == "" || isList && slices.Contains(list.GetSlice(), "")) {
					return usageError{fmt.Errorf("--%s is empty: write what it names, or leave it out", name), c.CommandPath()}
				}
			}
			w := watching{streams: s, settings: v, command: c.CommandPath()}
			return w.run(c.Context())
		},
	}
	f := c.Flags()
	f.StringArrayP("interface", "i", nil, "capture on this `INTERFACE`; may be given again (default all)")
	f.StringP("read", "r", "", "read the capture `FILE`, pcap or pcapng, - is the standard input,\ninstead of capturing")
	f.StringP("write", "w", "", "write what is seen to `FILE` as well: pcap if it ends in .pcap,\nelse pcapng; - is the standard output, without lines then")
	f.Int("vrid", 0, "heed this `VRID` alone, 1 to 255")
	f.IntP("count", "n", 0, "end after this `NUMBER` of adverts")
	f.Duration("duration", 0, "end after this `TIME`; in a file by the time of its packets")
	f.StringP("output", "o", "text", "print lines as `FORMAT`: text or json")
	f.Bool("events", false, "print events alone, and exit with 1 if any was an error")
	f.Bool("top", false, "show a live table of the virtual routers; q ends it")
	f.StringArray("key", nil, "verify auth_hmac signatures with this `KEY`: ID:hex:DIGITS,\nID:file:PATH or ID:TEXT; may be given again")
	f.String("color", "auto", "`WHEN` to colour the text: auto, always or never; auto heeds\nNO_COLOR")
	watchChoices.complete(c)
	return c
}

// eventNames lists the events of a severity, in lines of the help's width.
func eventNames(s diag.Severity) string {
	var b strings.Builder
	width := 24 // what stands before
	for _, m := range watch.Meanings {
		if m.Severity != s {
			continue
		}
		width += len(m.Name) + len(", ")
		switch {
		case b.Len() == 0:
		case width > 82:
			b.WriteString(",\n")
			width = len(m.Name)
		default:
			b.WriteString(", ")
		}
		b.WriteString(m.Name)
	}
	return b.String()
}

// A watching is one run of kactl watch.
type watching struct {
	streams
	settings *viper.Viper
	command  string
}

func (w watching) run(ctx context.Context) (err error) {
	o, err := w.options()
	if err != nil {
		return usageError{err, w.command}
	}
	// The files come before the signals: nothing but a signal's own end wakes up
	// who waits for the other end of a pipe.
	if path := w.settings.GetString("read"); path != "" {
		file, closed, err := w.open(path)
		if err != nil {
			return err
		}
		defer closed()
		o.File = file
	}
	if path := w.settings.GetString("write"); path != "" {
		file, err := w.create(path, o.File)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		o.Capture = netio.NewFileWriter(file, netio.FormatOf(path))
	}

	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A reader that goes away is an end as any other, and files are to be closed.
	signal.Ignore(syscall.SIGPIPE)
	if o.Top == nil {
		// Where the reader stands still, the second signal ends the program. A
		// terminal must be given back first.
		defer context.AfterFunc(ctx, stop)()
	}
	if o.Top != nil {
		quit, cancel := context.WithCancel(ctx)
		defer cancel()
		if o.Top.Screen != nil {
			defer onQuit(w.in, cancel)()
		}
		ctx = quit
	}
	sum, err := watch.Run(ctx, o)
	if errors.Is(err, syscall.EPIPE) {
		return nil // who asked has gone
	}
	return w.verdict(sum, err)
}

// verdict says what was seen, and makes the status of it.
func (w watching) verdict(sum watch.Summary, err error) error {
	if err != nil {
		return err
	}
	if w.settings.GetString("read") == "" {
		fmt.Fprintf(w.err, "%d adverts in %d packets, %d more dropped by the kernel\n", sum.Adverts, sum.Packets, sum.Dropped)
	}
	if w.settings.GetBool("events") && sum.Errors > 0 {
		return statusError{status: exitError}
	}
	return nil
}

// options turns the settings into what watch takes, but for its files.
func (w watching) options() (watch.Options, error) {
	v := w.settings
	o := watch.Options{
		Interfaces: v.GetStringSlice("interface"),
		VRID:       uint8(v.GetInt("vrid")),
		Count:      v.GetInt("count"),
		Duration:   v.GetDuration("duration"),
		EventsOnly: v.GetBool("events"),
		Out:        w.out,
	}
	if err := w.valid(); err != nil {
		return o, err
	}
	for _, text := range v.GetStringSlice("key") {
		k, err := watch.ParseKey(text)
		if err != nil {
			return o, fmt.Errorf("--key: %w", err)
		}
		o.Keys = append(o.Keys, k)
	}
	color := colored(v.GetString("color"), w.out)
	switch {
	case v.GetBool("top"):
		o.Top = &watch.Top{Out: w.out, Color: color}
		if s := newScreen(w.out); s.size != nil && v.GetString("read") == "" {
			o.Top.Screen = s
		}
	case v.GetString("write") == "-":
	case v.GetString("output") == "json":
		o.Format = &watch.JSON{}
	default:
		o.Format = &watch.Text{Color: color}
	}
	return o, nil
}

// valid refuses what is out of range or does not go together.
func (w watching) valid() error {
	v := w.settings
	if err := watchChoices.check(v); err != nil {
		return err
	}
	file := v.GetString("read")
	switch vrid := v.GetInt("vrid"); {
	case vrid < 0 || vrid > 255:
		return fmt.Errorf("--vrid %d: a VRID is 1 to 255", vrid)
	case slices.Contains(v.GetStringSlice("interface"), ""):
		return errors.New("--interface: the name is empty")
	case v.GetInt("count") < 0:
		return fmt.Errorf("--count %d: write a number of adverts", v.GetInt("count"))
	case v.GetDuration("duration") < 0:
		return fmt.Errorf("--duration %v: write a time from now on, such as 10s", v.GetDuration("duration"))
	case file != "" && len(v.GetStringSlice("interface")) > 0:
		return errors.New("--read and --interface cannot be given together: a file is not captured")
	case v.GetBool("top") && v.GetBool("events"):
		return errors.New("--top and --events cannot be given together")
	case v.GetBool("top") && v.GetString("output") == "json":
		return errors.New("--top cannot be written as json")
	case v.GetString("write") == "-" && (v.GetBool("top") || v.GetBool("events")):
		return errors.New("--write - leaves the standard output to the capture; write it to a file")
	}
	return nil
}

// open opens the file to read; - is the standard input, which stays open.
func (w watching) open(path string) (in io.Reader, closed func() error, err error) {
	if path == "-" {
		return w.in, func() error { return nil }, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

// create opens the file to write, which must not be the one that is read; - is
// the standard output. What was in it goes with the first write: there may be
// nothing to capture.
func (w watching) create(path string, in io.Reader) (io.WriteCloser, error) {
	if path == "-" {
		return nopWriteCloser{w.out}, nil
	}
	if in, ok := in.(*os.File); ok {
		a, err1 := in.Stat()
		b, err2 := os.Stat(path)
		if err1 == nil && err2 == nil && os.SameFile(a, b) {
			return nil, fmt.Errorf("%s is the file that is read", path)
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	return &replacedFile{File: f, old: err == nil && info.Mode().IsRegular()}, nil
}

// A replacedFile is emptied by the first write.
type replacedFile struct {
	*os.File
	old bool
}

func (f *replacedFile) Write(b []byte) (int, error) {
	if f.old {
		if err := f.Truncate(0); err != nil {
			return 0, err
		}
		f.old = false
	}
	return f.File.Write(b)
}

type nopWriteCloser struct{ io.Writer }

func (nopWriteCloser) Close() error { return nil }
