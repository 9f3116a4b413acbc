package genhash

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A Target is a page of a server.
type Target struct {
	// Server is an address, or a host name to look up.
	Server string
	Port   uint16
	// TLS speaks TLS. SNI names VirtualHost in its handshake.
	TLS, SNI bool
	// VirtualHost is the Host header; empty is the address and the port.
	VirtualHost string
	// Path is what to ask for, with its query.
	Path string
}

// Resolve completes a target whose path may be a URL in full, http:// or
// https://. What is given beside such a URL comes first: a server and a port to
// connect to, TLS, a virtual host. Else they are the URL's, and its host becomes
// the virtual host where it is not the address that is connected to. A host name
// in https:// is named in the handshake too.
func (t Target) Resolve() (Target, error) {
	t.Server = unbracket(t.Server)
	if scheme, rest, full := strings.Cut(t.Path, "://"); full && !strings.ContainsAny(scheme, "/?#") {
		if err := t.full(strings.ToLower(scheme), rest); err != nil {
			return t, err
		}
	}
	t.Path, _, _ = strings.Cut(t.Path, "#") // which is the browser's
	addr, err := netip.ParseAddr(t.Server)
	named := err != nil
	switch {
	case t.Server == "":
		return t, errors.New("there is no server: name it with --server, or give a URL in full")
	case named && !isHostName(t.Server):
		return t, fmt.Errorf("%q is neither an address nor a host name", t.Server)
	case addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "":
		return t, fmt.Errorf("address %s is on every link: name the interface as well, %s%%eth0", addr, addr)
	case named && t.VirtualHost == "":
		t.VirtualHost = t.Server
	}
	if t.Port == 0 {
		t.Port = 80
		if t.TLS {
			t.Port = 443
		}
	}
	switch {
	case t.SNI && !t.TLS:
		return t, errors.New("a name in the TLS handshake takes TLS: add --use-ssl")
	case t.SNI && t.VirtualHost == "":
		return t, errors.New("there is no name for the TLS handshake: give it with --use-virtualhost")
	case !strings.HasPrefix(t.Path, "/"):
		return t, fmt.Errorf("URL %q starts neither with / nor with http:// or https://", t.Path)
	}
	return t, errors.Join(plain("the URL", t.Path), plain("the virtual host", t.VirtualHost))
}

// full takes a URL apart that starts with scheme://.
func (t *Target) full(scheme, rest string) error {
	if scheme != "http" && scheme != "https" {
		return fmt.Errorf("%s:// is neither http:// nor https://", scheme)
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	u, err := url.Parse(scheme + "://" + authority)
	switch {
	case err != nil:
		return err // which names the URL
	case u.User != nil:
		return errors.New("a URL with a user in it cannot be asked for: a check sends no passwords")
	case u.Hostname() == "":
		return errors.New("the URL has no host")
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	t.Path = path
	t.TLS = t.TLS || scheme == "https"
	if p := u.Port(); p != "" && t.Port == 0 {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("port %s of the URL is not from 1 to 65535", p)
		}
		t.Port = uint16(n)
	}
	return t.host(u.Hostname(), scheme)
}

// host makes what it can of the host of a URL.
func (t *Target) host(host, scheme string) error {
	if t.Server == "" {
		t.Server = host
	}
	a, err := netip.ParseAddr(host)
	if err != nil && !isHostName(host) {
		return fmt.Errorf("host %q of the URL is neither an address nor a name", host)
	}
	b, other := netip.ParseAddr(t.Server)
	if t.VirtualHost == "" && (err != nil || other != nil || a != b) {
		t.VirtualHost = host
		if err == nil && a.Is6() {
			t.VirtualHost = "[" + host + "]"
		}
	}
	t.SNI = t.SNI || err != nil && scheme == "https"
	return nil
}

func unbracket(address string) string {
	if inner, ok := strings.CutPrefix(address, "["); ok {
		if inner, ok := strings.CutSuffix(inner, "]"); ok {
			return inner
		}
	}
	return address
}

// isHostName leaves it to the resolver which names there are.
func isHostName(s string) bool {
	return s != "" && len(s) <= 253 && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}

// plain refuses what would end the line of a request or the word of a
// configuration.
func plain(what, text string) error {
	i := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '"' || r == '\\' })
	if i < 0 {
		return nil
	}
	return fmt.Errorf("%s has %q in it: write %%%02X", what, text[i], text[i])
}
