package cmd

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/ipvs"
)

var ipvsChoices = choices{"output": {"text", "json"}, "color": colorSettings}

// ipvsViews are the flags that show other columns of the table. One of them can
// be given.
var ipvsViews = []string{"stats", "rate", "thresholds", "persistent-conn", "tun-info"}

// ipvsModes are the flags that ask for something else than the table. One of
// them can be given.
var ipvsModes = []string{"connection", "timeout", "daemon", "save", "diff"}

// ipvsServices are the flags that name one service.
var ipvsServices = []string{"tcp-service", "udp-service", "sctp-service", "fwmark-service"}

func newIPVS(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "ipvs",
		Short: "Show the kernel's IPVS table",
		Long: `ipvs shows the table that the kernel balances by (IPVS), whoever wrote it: the
virtual services, the real servers behind each, and what they carry. The text is
that of ipvsadm -Ln, byte for byte, and the flags are those of ipvsadm -L.

The plain table is read in one pass, however large it is; the other columns take
a request for each service. Services and servers are sorted as ipvsadm sorts
them; --nosort leaves them in the kernel's order.

--save writes lines that ipvsadm-restore takes. -o json writes everything as one
object: version, size, timeouts, daemons, services with their destinations,
stats and rates, and with --connection the connections.

--names shows names, as ipvsadm does without -n, and numbers for what is not
found in time. --watch draws the table again and again, with the rates between
two reads, until it is interrupted.

--diff compares the table with what a keepalived.conf asks for: a service or a
real server is missing, foreign (not in the file) or different. A real server
that its checks took out is down, and one that replaces all of them sorry; both
are told, and are no drift. -o json writes one object: file, drift, services, and
differences with kind, service, destination, field, want and have.

It takes CAP_NET_ADMIN.

Exit status: 0 it was shown, 1 there is no such service, no IPVS in the kernel, no
permission, or with --diff there is drift, 2 the command line is wrong, or the file
cannot be read.` + settingsHelp("ipvs", "exact"),
		Example: `  kactl ipvs
  kactl ipvs --stats --exact
  kactl ipvs --rate -t 198.51.100.100:80
  kactl ipvs -f 7 -6                      # the service of mark 7 over IPv6
  kactl ipvs --connection
  kactl ipvs --names
  kactl ipvs --watch 1s
  kactl ipvs --diff /etc/keepalived/keepalived.conf
  kactl ipvs --save > ipvs.rules && ipvsadm-restore < ipvs.rules
  kactl ipvs -o json | jq '.services[] | select(.destinations == [])'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := readSettings(c)
			if err != nil {
				return statusError{exitUsage, err}
			}
			// An unset variable of a script must not ask for less.
			for _, name := range append([]string{"diff"}, ipvsServices...) {
				if f := c.Flags().Lookup(name); f.Changed && f.Value.String() == "" {
					return usageError{fmt.Errorf("--%s is empty: write what it names, or leave it out", name), c.CommandPath()}
				}
			}
			run := tableViewer{streams: s, settings: v, command: c.CommandPath()}
			return run.run(c.Context())
		},
	}
	f := c.Flags()
	f.BoolP("list", "L", false, "show the table (always so; for ipvsadm's command lines)")
	f.BoolP("numeric", "n", false, "show addresses and ports as numbers (so without --names)")
	f.Bool("stats", false, "show what was carried: connections, packets and bytes")
	f.Bool("rate", false, "show the same for a second, as the kernel estimates it")
	f.Bool("thresholds", false, "show the connections at which a server is full, and free again")
	f.Bool("persistent-conn", false, "show persistent connections; with --connection what the\npersistence engine keeps")
	f.Bool("tun-info", false, "show how packets are wrapped on the way to a server")
	f.Bool("exact", false, "show large counters in full, not as 12345K")
	f.Bool("sort", false, "sort (always so, but for --nosort; for ipvsadm's command lines)")
	f.Bool("nosort", false, "leave services and servers in the kernel's order")
	f.StringP("tcp-service", "t", "", "show only the TCP service at `ADDRESS[:PORT]`")
	f.StringP("udp-service", "u", "", "show only the UDP service at `ADDRESS[:PORT]`")
	f.String("sctp-service", "", "show only the SCTP service at `ADDRESS[:PORT]`")
	f.StringP("fwmark-service", "f", "", "show only the service of the firewall `MARK`")
	f.BoolP("ipv6", "6", false, "that service is the one over IPv6")
	f.BoolP("connection", "c", false, "show the connections")
	f.Bool("timeout", false, "show the time-outs of connections: TCP, TCP after FIN, UDP")
	f.Bool("daemon", false, "show the daemons that synchronize connections")
	f.BoolP("save", "S", false, "write the table as lines that ipvsadm-restore takes")
	namesFlags(f)
	watchFlags(f)
	diffFlags(c)
	f.StringP("output", "o", "text", "write as `FORMAT`: text or json")
	ipvsChoices.complete(c)
	return c
}

// A tableViewer is one run of kactl ipvs.
type tableViewer struct {
	streams
	settings *viper.Viper
	command  string
	query    ipvs.Query
	view     ipvs.View
	names    *nameFinder // nil for numbers
}

func (t tableViewer) run(ctx context.Context) error {
	if err := t.valid(); err != nil {
		return usageError{err, t.command}
	}
	if t.settings.GetString("diff") != "" {
		return t.diff(ctx, kernelTable)
	}
	if err := t.addNames(); err != nil {
		return err
	}
	h, err := ipvs.Open()
	if err != nil {
		return err
	}
	defer h.Close()
	if t.settings.GetDuration("watch") > 0 {
		return t.watch(ctx, h)
	}
	if t.settings.GetString("output") == "json" {
		return t.json(ctx, h)
	}
	switch one(t.given(ipvsModes)) {
	case "connection":
		if t.names != nil {
			return t.namedConnections(ctx, h)
		}
		return t.connections(h)
	case "timeout":
		timeouts, err := h.Timeouts(ctx)
		if err != nil {
			return err
		}
		return ipvs.PrintTimeouts(t.out, timeouts)
	case "daemon":
		daemons, err := h.Daemons(ctx)
		if err != nil {
			return err
		}
		return ipvs.PrintDaemons(t.out, daemons)
	}
	l, err := t.list(ctx, h)
	if err != nil {
		return err
	}
	if t.settings.GetBool("save") {
		return ipvs.Save(t.out, l)
	}
	return t.show(ctx, t.out, l)
}

// show prints a table.
func (t tableViewer) show(ctx context.Context, w io.Writer, l *ipvs.Listing) error {
	p := t.printer()
	if t.names != nil {
		t.names.find(ctx, l.Addresses())
		p.Name = t.names.Listed
	}
	return p.Print(w, l)
}

// list reads what was asked for.
func (t tableViewer) list(ctx context.Context, h *ipvs.Handle) (*ipvs.Listing, error) {
	l, err := h.List(ctx, t.query)
	if err == nil && !t.settings.GetBool("nosort") {
		l.Sort()
	}
	return l, err
}

func (t tableViewer) printer() ipvs.Printer {
	return ipvs.Printer{View: t.view, Title: t.query.Service == nil, Exact: t.settings.GetBool("exact")}
}

func (t tableViewer) connections(h *ipvs.Handle) error {
	p := ipvs.PrintConnections(t.out, t.settings.GetBool("persistent-conn"), nil)
	if err := h.Connections(p.Add); err != nil {
		return err
	}
	return p.Flush()
}

func (t tableViewer) json(ctx context.Context, h *ipvs.Handle) (err error) {
	var s ipvs.Snapshot
	if s.Listing, err = t.list(ctx, h); err != nil {
		return err
	}
	if s.Timeouts, err = h.Timeouts(ctx); err != nil {
		return err
	}
	if s.Daemons, err = h.Daemons(ctx); err != nil {
		return err
	}
	if t.settings.GetBool("connection") {
		s.Connections = []ipvs.Connection{}
		err = h.Connections(func(c ipvs.Connection) error {
			s.Connections = append(s.Connections, c)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return ipvs.WriteJSON(t.out, s)
}

// given are those of some flags that are set.
func (t tableViewer) given(flags []string) []string {
	return slices.DeleteFunc(slices.Clone(flags), func(f string) bool {
		v := t.settings.GetString(f)
		return v == "" || v == "false"
	})
}

// one is the only one of at most one.
func one(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// valid refuses what does not go together, and works out what to read.
func (t *tableViewer) valid() error {
	if err := ipvsChoices.check(t.settings); err != nil {
		return err
	}
	views, modes, services := t.given(ipvsViews), t.given(ipvsModes), t.given(ipvsServices)
	if slices.Equal(modes, []string{"connection"}) { // which it gives more columns
		views = slices.DeleteFunc(views, func(v string) bool { return v == "persistent-conn" })
	}
	asJSON := t.settings.GetString("output") == "json"
	exclusive := [][]string{views, modes, services}
	if !asJSON { // which has it all
		exclusive = append(exclusive, slices.Concat(modes, views), slices.Concat(modes, services))
	}
	for _, both := range exclusive {
		if len(both) > 1 {
			return fmt.Errorf("--%s and --%s cannot be given together", both[0], both[1])
		}
	}
	switch {
	case t.settings.GetBool("sort") && t.settings.GetBool("nosort"):
		return fmt.Errorf("--sort and --nosort cannot be given together")
	case asJSON && t.settings.GetBool("save"):
		return fmt.Errorf("--save cannot be written as json")
	case t.settings.GetBool("ipv6") && one(services) != "fwmark-service":
		return fmt.Errorf("--ipv6 belongs to --fwmark-service")
	}
	if flag := one(services); flag != "" {
		id, err := parseServiceID(flag, t.settings.GetString(flag), t.settings.GetBool("ipv6"))
		if err != nil {
			return fmt.Errorf("--%s %w", flag, err)
		}
		t.query.Service = &id
	}
	t.view = map[string]ipvs.View{
		"stats": ipvs.ViewStats, "rate": ipvs.ViewRate, "thresholds": ipvs.ViewThresholds,
		"persistent-conn": ipvs.ViewPersistent, "tun-info": ipvs.ViewTunnel,
	}[one(views)]
	t.query.Full = t.view != ipvs.Plain || asJSON || t.settings.GetBool("save")
	if err := t.validNames(); err != nil {
		return err
	}
	return t.validWatch()
}
