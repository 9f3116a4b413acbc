package genhash

import (
	"bytes"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/probe"
)

func TestWarnings(t *testing.T) {
	whole := probe.Response{Status: 200, ContentLength: -1, Length: 5}
	with := func(change func(*Result)) *Result {
		a := &Result{Page: probe.Page{Response: whole}}
		change(a)
		return a
	}
	for want, a := range map[string]*Result{
		"":                         with(func(*Result) {}),
		"no status code":           with(func(a *Result) { a.Status = 0 }),
		"the status code is 301":   with(func(a *Result) { a.Status = 301 }),
		"chunked":                  with(func(a *Result) { a.Chunked = true }),
		"ended after 5 of 6 bytes": with(func(a *Result) { a.ContentLength = 6 }),
		"expired on 1970-01-01":    with(func(a *Result) { a.Certificate = &x509.Certificate{NotAfter: time.Unix(1, 0)} }),
	} {
		got := strings.Join(a.Warnings(), "\n")
		if (want == "") != (got == "") || !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The check that has the digest accepts the page, and no other one.
func TestCheckAccepts(t *testing.T) {
	page := "hello"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		if r.URL.Path == "/chunked" {
			w.(http.Flusher).Flush()
		}
		_, _ = io.WriteString(w, r.Host+r.Proto+page)
	}))
	defer s.Close()
	for _, q := range []Request{
		{Target: Target{Path: s.URL + "/"}},
		{Target: Target{Path: s.URL + "/", VirtualHost: "www.example.com"}, Protocol: "1.0c"},
		{Target: Target{Path: s.URL + "/chunked"}, Protocol: "1.1"},
	} {
		var err error
		if q.Target, err = q.Resolve(); err != nil {
			t.Fatal(err)
		}
		a, err := Ask(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		c := a.Check
		c.URLs = []health.URL{a.URL}
		if err := new(probe.Prober).Probe(t.Context(), c).Err; err != nil {
			t.Errorf("%+v: %v", q, err)
		}
		page += "!"
		if err := new(probe.Prober).Probe(t.Context(), c).Err; err == nil {
			t.Errorf("%+v: another page is accepted", q)
		}
	}
}

// Control characters of a header are escaped in the verbose output, and forge no line
// of it.
func TestVerbose(t *testing.T) {
	a := &Result{URL: health.URL{Path: "/"}}
	var b strings.Builder
	if err := a.WriteVerbose(&b); err != nil || b.Len() > 0 {
		t.Errorf("of nothing: %q, %v", b.String(), err)
	}
	q := Request{Target: Target{Server: "192.0.2.1", Port: 80, Path: "/"}}
	addresses, err := q.addresses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a = &Result{Check: q.check(addresses[0]), URL: q.url(), Start: []byte("hello")}
	a.Header, a.Length = "HTTP/1.0 200 OK\r\nX: \x1b[2J\u009b2J\u202ey\xff\r\n--- body, 5 bytes\r\n", 100
	if err := a.WriteVerbose(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"connect to 192.0.2.1:80\n", "\nGET / HTTP/1.0\n", "\nX: \\x1b[2J\\u009b2J\\u202ey\\xff\n", "\n --- body, 5 bytes\n", "|hello|", "95 bytes more"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the story:\n%s", want, b.String())
		}
	}
}

// A time-out is a number without an exponent, which keepalived does not read.
func TestConfTimeout(t *testing.T) {
	for timeout, want := range map[time.Duration]string{
		time.Microsecond:        "0.000001",
		2500 * time.Millisecond: "2.5",
		4294 * time.Second:      "4294",
	} {
		q := Request{Target: Target{Server: "192.0.2.1", Port: 80, Path: "/"}, Timeout: timeout}
		a := &Result{Check: q.check(netip.MustParseAddr(q.Server)), URL: q.url()}
		var b strings.Builder
		if err := a.WriteConf(&b); err != nil || !strings.Contains(b.String(), "connect_timeout "+want+"\n") {
			t.Errorf("%v: no %q, %v in\n%s", timeout, want, err, b.String())
		}
	}
}

func TestBeginning(t *testing.T) {
	b := &beginning{most: 5}
	for _, s := range []string{"abc", "defg", "h"} {
		if n, err := b.Write([]byte(s)); n != len(s) || err != nil {
			t.Errorf("%q: %d, %v", s, n, err)
		}
	}
	if !bytes.Equal(b.Bytes(), []byte("abcde")) {
		t.Errorf("kept %q", b.Bytes())
	}
}
