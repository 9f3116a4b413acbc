package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/kactl/kactl/pkg/genhash"
	"github.com/kactl/kactl/pkg/probe"
)

// newClassicGenhash is genhash as keepalived 2.x has it, for scripts: it needs a
// server, a port and a URL, sends the URL as it is given, and prints the bare
// digest, or its words for what went wrong, on the standard output. Other than
// that one it exits with 1 when there is no digest, says why on the standard
// error, and takes host names.
func newClassicGenhash(s streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "genhash -s ADDRESS -p PORT -u URL [flags]",
		Short: "Print the digest of a page that HTTP_GET and SSL_GET compare",
		Long: `genhash prints the MD5 sum of a page, which goes behind digest in the url of an
HTTP_GET or SSL_GET. This is kactl; "kactl genhash" does more.

Exit status: 0 there is a digest, 1 there is none or the command line is wrong.`,
		Example:       "  genhash -s 192.0.2.21 -p 80 -u /index.html\n  genhash -S -s 192.0.2.21 -p 443 -u / -V www.example.com",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("there is an operand %q", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			v := viper.New()
			if err := v.BindPFlags(c.Flags()); err != nil {
				return err
			}
			q, err := classicRequest(v)
			if err != nil {
				return classicUsage(c, err)
			}
			return classicResult(c.Context(), q, v.GetBool("verbose"), s)
		},
	}
	c.CompletionOptions.DisableDefaultCmd = true
	c.SetIn(s.in)
	c.SetOut(s.out)
	c.SetErr(s.err)
	c.SetFlagErrorFunc(classicUsage)
	askFlags(c)
	return c
}

// classicUsage is a mistake on its command line, which has no status of its own.
func classicUsage(_ *cobra.Command, err error) error {
	return classicUsageError{err}
}

// A classicUsageError ends the process with [exitError].
type classicUsageError struct{ error }

func (e classicUsageError) Unwrap() error { return e.error }

func classicRequest(v *viper.Viper) (genhash.Request, error) {
	q, err := asked(v)
	if err != nil {
		return q, err
	}
	q.Protocol = strings.ToLower(q.Protocol)
	switch {
	case q.Server == "" || q.Port == 0 || q.Path == "":
		return q, errors.New("it takes a server (-s), a port (-p) and a URL (-u)")
	case q.Protocol != "1.0" && q.Protocol != "1.0c" && q.Protocol != "1.1":
		return q, fmt.Errorf("there is no protocol version %q: write 1.0, 1.0c or 1.1", q.Protocol)
	case strings.ContainsAny(q.Path+q.VirtualHost, "\r\n"):
		return q, errors.New("the URL or the virtual host has more than one line")
	}
	return q, nil
}

func classicResult(ctx context.Context, q genhash.Request, verbose bool, s streams) error {
	a, err := genhash.Ask(ctx, q)
	if verbose {
		err = errors.Join(err, a.WriteVerbose(s.out))
	}
	if err != nil {
		if words := classicWords(a, err); words != "" {
			fmt.Fprintln(s.out, words)
		}
		return err
	}
	_, err = fmt.Fprintln(s.out, a.Digest)
	return err
}

// classicWords are what scripts know a failure by.
func classicWords(a *genhash.Result, err error) string {
	slow := errors.Is(err, os.ErrDeadlineExceeded)
	switch {
	case slow && (errors.Is(err, probe.ErrConnect) || errors.Is(err, probe.ErrHandshake)):
		return "Timeout connecting"
	case errors.Is(err, probe.ErrConnect):
		return "Connection failed"
	case errors.Is(err, probe.ErrHandshake):
		return "SSL handshake/communication error connecting to"
	case errors.Is(err, probe.ErrNoAnswer), !a.Check.Target.IsValid():
		return "" // which it says on the standard error
	case slow && a.Header == "":
		return "Timeout WEB read"
	case slow:
		return "Timeout HTTP read"
	}
	return "Read error with"
}
