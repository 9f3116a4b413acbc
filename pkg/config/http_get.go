package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/syntax"
)

// url is a url of an HTTP_GET that is being read.
type url struct {
	health.URL
	hasPath bool
}

func webKeywords() []Keyword {
	return append([]Keyword{
		{Name: "url", Shape: syntax.Block, Effect: true, decode: (*decoder).httpURL, Inside: urlKeywords(),
			Doc: "a page that must be served"},
		{Name: "virtualhost", Args: "NAME", Effect: true,
			Doc:    "Host header of pages that name none",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.hostName(k, s, &d.check.VirtualHost) }},
		{Name: "nb_get_retry", Args: "NUMBER", Need: 1, Default: "1", Limits: unsigned, Effect: true, decode: (*decoder).oldRetry,
			Doc: "old name of retry"},
		{Name: "http_protocol", Args: "1.0|1.0C|1.1", Default: "1.0", Effect: true, decode: (*decoder).httpProtocol,
			Doc: "version of HTTP; 1.0C is 1.0 with Connection: close"},
		{Name: "enable_sni", Args: "[BOOL]", Default: "off", Doc: "name the virtual host in the TLS handshake",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.webFlag(k, s, &d.check.HTTP.SNI) }},
		{Name: "sni_name", Args: "NAME", Default: "the virtual host", Since: "2.4", Doc: "name to send in the TLS handshake",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.hostName(k, s, &d.check.HTTP.ServerName) }},
		{Name: "fast_recovery", Args: "[BOOL]", Default: "off", Doc: "ask for all pages at once when the server is to come up",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.webFlag(k, s, &d.check.HTTP.FastRecovery) }},
	}, connectKeywords()...)
}

// sslGetKeywords are webKeywords and what TLS adds.
func sslGetKeywords() []Keyword {
	tls := func(decode func(*decoder, *Keyword, *syntax.Statement)) Keyword {
		return Keyword{Name: "tls_compliant", Args: "[BOOL]", Default: "off", Since: "2.4", decode: decode,
			Doc:     "fail where the server ends the connection without TLS's notice",
			Instead: "a page may end with the connection"}
	}
	ks := webKeywords()
	for i := range ks {
		switch ks[i].Name {
		case "enable_sni", "sni_name":
			ks[i].Effect = true
		case "url":
			ks[i].Inside = append(ks[i].Inside, tls(func(d *decoder, k *Keyword, s *syntax.Statement) { d.webFlag(k, s, &d.url.TLSCompliant) }))
		}
	}
	return append(ks, tls(func(d *decoder, k *Keyword, s *syntax.Statement) { d.webFlag(k, s, &d.check.HTTP.TLSCompliant) }))
}

func urlKeywords() []Keyword {
	return append([]Keyword{
		{Name: "path", Args: "PATH", Need: 1, Effect: true, decode: (*decoder).urlPath,
			Doc: "what to ask for, with its query"},
		{Name: "digest", Args: "MD5", Need: 1, Effect: true, decode: (*decoder).urlDigest,
			Doc: "MD5 sum that the body must have, as genhash prints it"},
		{Name: "status_code", Args: "CODE[-CODE] ...", Default: "200-299", Limits: whole(100, 599), Effect: true, decode: (*decoder).urlStatus,
			Doc: "status codes that are fine"},
		{Name: "virtualhost", Args: "NAME", Effect: true,
			Doc:    "Host header of this page",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.hostName(k, s, &d.url.VirtualHost) }},
	}, regexKeywords()...)
}

// webCheck reads HTTP_GET and SSL_GET.
func webCheck(kind health.Kind) func(*decoder, *Keyword, *syntax.Statement) {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		c := d.beginCheck(kind, k, s)
		if len(c.URLs) == 0 {
			d.fault("no-url", d.endOf(s), "%s has no url; keepalived drops the check", k.Name).Hint = "write url { path / }"
			return
		}
		d.endCheck(c)
	}
}

func (d *decoder) webFlag(k *Keyword, s *syntax.Statement, p *bool) {
	if b, ok := d.boolean(k, s); ok {
		*p = b
	}
}

// httpVersions are the values of http_protocol.
var httpVersions = []string{"1.0", "1.0C", "1.1"}

func (d *decoder) httpProtocol(k *Keyword, s *syntax.Statement) {
	if !d.valued(k, s) {
		return
	}
	v := strings.ToUpper(s.Arg(0))
	if !slices.Contains(httpVersions, v) {
		d.fault("value", s.AtArg(0), "unknown version of HTTP %s; keepalived ignores it", clip(s.Arg(0))).Hint = "write 1.0, 1.0C or 1.1"
		return
	}
	d.check.HTTP.Version = v
}

func (d *decoder) oldRetry(k *Keyword, s *syntax.Statement) {
	x := d.fault("deprecated", s.AtName(), "nb_get_retry is deprecated")
	x.Hint, x.Fix = "write retry", rewrite(s, s.Words[0], "retry")
	if n, ok := d.integer(k, s, "ignores it"); ok {
		d.check.timing.retries = &n
	}
}

func (d *decoder) httpURL(k *Keyword, s *syntax.Statement) {
	d.url = new(url)
	d.inside(k, s, k.Name)
	if !d.url.hasPath {
		d.fault("no-path", d.endOf(s), "url has no path; keepalived drops it").Hint = "write path /"
		return
	}
	if len(d.url.Statuses) == 0 {
		d.url.Statuses = []health.StatusRange{{First: 200, Last: 299}}
	}
	d.check.URLs = append(d.check.URLs, d.url.URL)
}

func (d *decoder) urlPath(k *Keyword, s *syntax.Statement) {
	d.url.Path, d.url.hasPath = s.Arg(0), true
}

func (d *decoder) urlDigest(k *Keyword, s *syntax.Statement) {
	if n := len(s.Arg(0)); n != 32 {
		d.fault("digest", s.AtArg(0), "digest has %d characters, and an MD5 sum has 32; keepalived ignores it", n)
		return
	}
	if strings.Trim(s.Arg(0), "0123456789abcdefABCDEF") != "" {
		d.fault("digest", s.AtArg(0), "digest is not hexadecimal; keepalived ignores it")
		return
	}
	if d.url.Digest != "" {
		d.again(k, s, "ignores this one")
		return
	}
	d.url.Digest = strings.ToLower(s.Arg(0))
}

func (d *decoder) urlStatus(k *Keyword, s *syntax.Statement) {
	for i, w := range s.Args() {
		r, ok := statusRange(w.Text)
		if !ok {
			d.fault("value", s.AtArg(i), "%s is not a status code; keepalived ignores it", clip(w.Text)).Hint = "write codes from 100 to 599, and ranges as 200-299"
			continue
		}
		d.url.Statuses = append(d.url.Statuses, r)
	}
	slices.SortFunc(d.url.Statuses, func(a, b health.StatusRange) int { return a.First - b.First })
}

func statusRange(text string) (r health.StatusRange, ok bool) {
	first, last, ranged := strings.Cut(text, "-")
	if !ranged {
		last = first
	}
	var e1, e2 error
	r.First, e1 = strconv.Atoi(first)
	r.Last, e2 = strconv.Atoi(last)
	return r, e1 == nil && e2 == nil && 100 <= r.First && r.First <= r.Last && r.Last <= 599
}
