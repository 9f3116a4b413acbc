package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/genhash"
	"github.com/kactl/kactl/pkg/probe"
)

var genhashChoices = choices{
	"output":   {"text", "json", "conf"},
	"protocol": {"1.0", "1.0c", "1.1"},
}

// What a page may cost unless a flag says otherwise.
const (
	genhashTime  = time.Minute
	genhashBytes = 1 << 30
)

func newGenhash(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "genhash",
		Short: "Print the digest of a page that HTTP_GET and SSL_GET compare",
		Long: `genhash asks a web server for a page, as the checks HTTP_GET and SSL_GET do, and
prints the MD5 sum that they compare: that of the bytes after the header as they
come, up to Content-Length.

--url is a path, or a URL in full; then --server and --port are for another place
to connect to. Its host becomes the virtual host where it is not the address that
is connected to, and a host name in https:// is named in the TLS handshake.
Certificates are not verified, as the checks do not verify them.

A status other than 2xx and an answer in chunks, whose digest may differ the next
time, are warned of on the standard error.

-o json prints one object: server, path, virtualhost, protocol, digest, status,
bytes, content_length (null without), chunked, seconds, certificate (null without
TLS; subject, issuer, names, not_before, not_after) and warnings. -o conf prints
the check for a real_server.

Exit status: 0 there is a digest, 1 there is none, 2 the command line is wrong.` + settingsHelp("genhash", "timeout"),
		Example: `  kactl genhash -s 192.0.2.21 -p 80 -u /index.html
  kactl genhash --url http://192.0.2.21/index.html
  kactl genhash -s 192.0.2.21 -u https://www.example.com/health -o conf
  kactl genhash -s 2001:db8::21 -p 8080 -u '/status?full=1' -P 1.1 -V www.example.com -q
  kactl genhash -u https://192.0.2.21/ -o json | jq .certificate.not_after`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v, err := readSettings(c)
			if err != nil {
				return statusError{exitUsage, err}
			}
			return hasher{s, v, c.CommandPath()}.run(c.Context())
		},
	}
	f := c.Flags()
	askFlags(c)
	f.Lookup("url").DefValue = "/"
	f.BoolP("quiet", "q", false, "print the digest and nothing else on the standard output")
	f.StringP("output", "o", "text", "write the result as `FORMAT`: text, json or conf")
	f.Duration("max-time", genhashTime, "give up on an answer that takes longer altogether than this `DURATION`")
	f.Int("max-bytes", genhashBytes, "give up on a body that is longer than `BYTES`")
	genhashChoices.complete(c)
	return c
}

// askFlags defines what keepalived's genhash takes as well.
func askFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringP("server", "s", "", "connect to this `ADDRESS`, or host name")
	f.StringP("port", "p", "", "connect to this `PORT` (default 80, with TLS 443)")
	f.StringP("url", "u", "", "ask for this path, or `URL` in full")
	f.BoolP("use-ssl", "S", false, "speak TLS")
	f.BoolP("use-sni", "I", false, "name the virtual host in the TLS handshake")
	f.StringP("use-virtualhost", "V", "", "ask for a page of this virtual host: the Host header is `NAME`")
	f.StringP("protocol", "P", "1.0", "HTTP `VERSION` of the request: 1.0, 1.0c (with Connection: close)\nor 1.1")
	f.StringP("fwmark", "m", "", "firewall `MARK` of what is sent")
	f.StringP("timeout", "t", "5", "wait so long, in `SECONDS`, for the connection and each piece of\nthe answer")
	f.BoolP("verbose", "v", false, "tell what is sent and what comes")
}

// A hasher is one run of kactl genhash.
type hasher struct {
	streams
	settings *viper.Viper
	command  string
}

func (h hasher) run(ctx context.Context) error {
	q, err := h.question()
	if err != nil {
		return usageError{err, h.command}
	}
	a, err := genhash.Ask(ctx, q)
	if h.settings.GetBool("verbose") {
		err = errors.Join(err, a.WriteVerbose(h.err))
	}
	if err != nil {
		return fmt.Errorf("there is no digest of %s: %w", q.Path, h.explain(err))
	}
	for _, w := range a.Warnings() {
		fmt.Fprintln(h.err, "kactl: warning:", escape.Line(w))
	}
	switch h.settings.GetString("output") {
	case "json":
		return a.WriteJSON(h.out)
	case "conf":
		return a.WriteConf(h.out)
	}
	if !h.settings.GetBool("quiet") {
		fmt.Fprint(h.out, "MD5SUM = ")
	}
	_, err = fmt.Fprintln(h.out, a.Digest)
	return err
}

// question is what the flags ask for.
func (h hasher) question() (genhash.Request, error) {
	v := h.settings
	var q genhash.Request
	if err := genhashChoices.check(v); err != nil {
		return q, err
	}
	if v.GetBool("quiet") && v.GetString("output") != "text" {
		return q, fmt.Errorf("--quiet and --output %s cannot be given together", v.GetString("output"))
	}
	if v.GetDuration("max-time") <= 0 || v.GetInt("max-bytes") <= 0 {
		return q, errors.New("--max-time and --max-bytes are above 0")
	}
	q, err := asked(v)
	if err != nil {
		return q, err
	}
	q.Overall, q.MaxBody = v.GetDuration("max-time"), int64(v.GetInt("max-bytes"))
	if q.Path == "" {
		q.Path = "/"
	}
	q.Target, err = q.Resolve()
	return q, err
}

// explain names the flag that helps.
func (h hasher) explain(err error) error {
	switch {
	case errors.Is(err, probe.ErrTooLong):
		return fmt.Errorf("%w; --max-bytes says how many", err)
	case errors.Is(err, probe.ErrOverall):
		return fmt.Errorf("%w; --max-time says how long", err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w; --timeout says how long to wait", err)
	}
	return err
}
