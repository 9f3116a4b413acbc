package genhash

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/probe"
)

// WriteConf writes the check that compares the digest, for a real_server.
func (a *Result) WriteConf(w io.Writer) error {
	var b strings.Builder
	line := func(depth int, words ...any) {
		b.WriteString(strings.Repeat("    ", depth) + fmt.Sprintln(words...))
	}
	line(0, a.Check.Kind, "{")
	line(1, "url {")
	line(2, "path", quoted(a.URL.Path))
	line(2, "digest", a.Digest)
	if 100 <= a.Status && a.Status <= 999 {
		line(2, "status_code", a.Status)
	}
	if a.URL.VirtualHost != "" {
		line(2, "virtualhost", quoted(a.URL.VirtualHost))
	}
	line(1, "}")
	line(1, "connect_port", a.Check.Target.Port())
	line(1, "connect_timeout", strconv.FormatFloat(a.Check.Timeout.Seconds(), 'f', -1, 64)) // no 1e-06
	if v := a.Check.HTTP.Version; v != "1.0" {
		line(1, "http_protocol", v)
	}
	if a.Check.HTTP.SNI {
		line(1, "enable_sni")
	}
	if a.Check.Mark != 0 {
		line(1, "fwmark", a.Check.Mark)
	}
	line(0, "}")
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted is a word as keepalived.conf takes it.
func quoted(word string) string {
	if strings.ContainsAny(word, "#!{}'$~@") {
		return `"` + word + `"`
	}
	return word
}

// A report is an answer in JSON.
type report struct {
	Server      string       `json:"server"`
	Path        string       `json:"path"`
	VirtualHost string       `json:"virtualhost,omitempty"`
	Protocol    string       `json:"protocol"`
	Digest      string       `json:"digest"`
	Status      int          `json:"status"`
	Bytes       int64        `json:"bytes"`
	Length      *int64       `json:"content_length"`
	Chunked     bool         `json:"chunked"`
	Seconds     float64      `json:"seconds"`
	Certificate *certificate `json:"certificate"`
	Warnings    []string     `json:"warnings"`
}

type certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
}

// WriteJSON writes the answer as one object.
func (a *Result) WriteJSON(w io.Writer) error {
	r := report{
		Server:      a.Check.Target.String(),
		Path:        a.URL.Path,
		VirtualHost: a.URL.VirtualHost,
		Protocol:    a.Check.HTTP.Version,
		Digest:      a.Digest,
		Status:      a.Status,
		Bytes:       a.Length,
		Chunked:     a.Chunked,
		Seconds:     a.Took.Round(time.Microsecond).Seconds(),
		Warnings:    append([]string{}, a.Warnings()...),
	}
	if a.ContentLength >= 0 {
		r.Length = &a.ContentLength
	}
	if c := a.Certificate; c != nil {
		r.Certificate = &certificate{c.Subject.String(), c.Issuer.String(), append([]string{}, c.DNSNames...), c.NotBefore.UTC(), c.NotAfter.UTC()}
	}
	e := json.NewEncoder(escape.JSON(w))
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// WriteVerbose tells what was sent and what came, as far as it came.
func (a *Result) WriteVerbose(w io.Writer) error {
	if !a.Check.Target.IsValid() {
		return nil // its name led to no address
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- connect to %s\n", a.Check.Target)
	if a.Check.Kind == health.SSL {
		b.WriteString("--- TLS, the certificate is not verified\n")
	}
	if c := a.Certificate; c != nil {
		fmt.Fprintf(&b, "--- certificate of %s, valid until %s\n", escape.Line(c.Subject.String()), c.NotAfter.UTC().Format(time.RFC3339))
	}
	b.WriteString("--- request\n")
	b.WriteString(printable(strings.TrimSuffix(probe.Request(a.Check, a.URL), "\r\n\r\n")))
	if a.Header != "" {
		b.WriteString("--- header\n" + printable(a.Header))
		fmt.Fprintf(&b, "--- body, %d bytes\n", a.Length)
		b.WriteString(hex.Dump(a.Start))
		if more := a.Length - int64(len(a.Start)); more > 0 {
			fmt.Fprintf(&b, "... and %d bytes more\n", more)
		}
	}
	fmt.Fprintf(&b, "--- %v\n", a.Took.Round(time.Microsecond))
	_, err := io.WriteString(w, b.String())
	return err
}

// printable is a header in lines, none of which looks like one of ours.
func printable(header string) string {
	header = strings.ReplaceAll(strings.ReplaceAll(header, "\r\n", "\n"), "\n---", "\n ---")
	return escape.Lines(header) + "\n"
}
