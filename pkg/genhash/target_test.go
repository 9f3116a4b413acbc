package genhash

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResolve(t *testing.T) {
	const name = "www.example.com"
	for _, tt := range []struct {
		given, want Target
		err         string
	}{
		{given: Target{Server: "192.0.2.1", Path: "/a?b"}, want: Target{Server: "192.0.2.1", Port: 80, Path: "/a?b"}},
		{given: Target{Server: "192.0.2.1", TLS: true, Path: "/"}, want: Target{Server: "192.0.2.1", Port: 443, TLS: true, Path: "/"}},
		{given: Target{Server: "[2001:db8::1]", Port: 8080, Path: "/"}, want: Target{Server: "2001:db8::1", Port: 8080, Path: "/"}},
		{given: Target{Server: name, Path: "/"}, want: Target{Server: name, Port: 80, VirtualHost: name, Path: "/"}},
		{given: Target{Server: name, VirtualHost: "other", Path: "/"}, want: Target{Server: name, Port: 80, VirtualHost: "other", Path: "/"}},

		{given: Target{Path: "http://192.0.2.1/index.html"}, want: Target{Server: "192.0.2.1", Port: 80, Path: "/index.html"}},
		{given: Target{Path: "HTTP://192.0.2.1"}, want: Target{Server: "192.0.2.1", Port: 80, Path: "/"}},
		{given: Target{Path: "http://192.0.2.1?a=http://b/#c"}, want: Target{Server: "192.0.2.1", Port: 80, Path: "/?a=http://b/"}},
		{given: Target{Path: "http://192.0.2.1:8080/%7e//x/../y"}, want: Target{Server: "192.0.2.1", Port: 8080, Path: "/%7e//x/../y"}},
		{given: Target{Path: "http://[2001:db8::1]:8080/"}, want: Target{Server: "2001:db8::1", Port: 8080, Path: "/"}},
		{given: Target{Path: "http://[fe80::1%25eth0]/"}, want: Target{Server: "fe80::1%eth0", Port: 80, Path: "/"}},
		{given: Target{Path: "https://192.0.2.1/"}, want: Target{Server: "192.0.2.1", Port: 443, TLS: true, Path: "/"}},
		{given: Target{Path: "https://" + name + "/"}, want: Target{Server: name, Port: 443, TLS: true, SNI: true, VirtualHost: name, Path: "/"}},
		{given: Target{Path: "http://" + name + ":8080/"}, want: Target{Server: name, Port: 8080, VirtualHost: name, Path: "/"}},

		// What is given beside the URL comes first.
		{given: Target{Server: "192.0.2.1", Port: 80, Path: "http://192.0.2.1/index.html"}, want: Target{Server: "192.0.2.1", Port: 80, Path: "/index.html"}},
		{given: Target{Server: "192.0.2.1", Path: "http://192.0.2.9/"}, want: Target{Server: "192.0.2.1", Port: 80, VirtualHost: "192.0.2.9", Path: "/"}},
		{given: Target{Server: "192.0.2.1", Path: "http://[2001:db8::9]/"}, want: Target{Server: "192.0.2.1", Port: 80, VirtualHost: "[2001:db8::9]", Path: "/"}},
		{given: Target{Server: "2001:db8:0::1", Path: "http://[2001:db8::1]/"}, want: Target{Server: "2001:db8:0::1", Port: 80, Path: "/"}},
		{given: Target{Server: "192.0.2.1", Port: 81, Path: "http://" + name + ":8080/"}, want: Target{Server: "192.0.2.1", Port: 81, VirtualHost: name, Path: "/"}},
		{given: Target{Server: "192.0.2.1", VirtualHost: "other", SNI: true, Path: "https://" + name + "/"}, want: Target{Server: "192.0.2.1", Port: 443, TLS: true, SNI: true, VirtualHost: "other", Path: "/"}},
		{given: Target{TLS: true, Path: "http://192.0.2.1/"}, want: Target{Server: "192.0.2.1", Port: 443, TLS: true, Path: "/"}},

		{given: Target{Path: "/"}, err: "there is no server"},
		{given: Target{Server: "192.0.2.1", Path: "x"}, err: "starts neither"},
		{given: Target{Server: "192.0.2.1", Path: "x://y"}, err: "neither http:// nor https://"},
		{given: Target{Server: "a b", Path: "/"}, err: "neither an address nor a host name"},
		{given: Target{Server: "fe80::1", Path: "/"}, err: "fe80::1%eth0"},
		{given: Target{Path: "http://[fe80::1]/"}, err: "name the interface"},
		{given: Target{Path: "http:///x"}, err: "no host"},
		{given: Target{Path: "http://a:b@c/"}, err: "user"},
		{given: Target{Path: "http://c:0/"}, err: "port 0"},
		{given: Target{Path: "http://c:65536/"}, err: "port 65536"},
		{given: Target{Path: "http://c:x/"}, err: "port"},
		{given: Target{Path: "http://a%20b/"}, err: "%20"},
		{given: Target{Path: "http://a!b/"}, err: "neither an address nor a name"},
		{given: Target{Server: "192.0.2.1", Path: "/\r\nX: y"}, err: "write %0D"},
		{given: Target{Server: "192.0.2.1", VirtualHost: "a b", Path: "/"}, err: "virtual host has ' ' in it"},
		{given: Target{Server: "192.0.2.1", SNI: true, Path: "/"}, err: "--use-ssl"},
		{given: Target{Server: "192.0.2.1", TLS: true, SNI: true, Path: "/"}, err: "--use-virtualhost"},
	} {
		got, err := tt.given.Resolve()
		switch {
		case tt.err != "":
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%+v: %+v, %v, want an error about %q", tt.given, got, err, tt.err)
			}
		case err != nil:
			t.Errorf("%+v: %v", tt.given, err)
		default:
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%+v: (-want +got):\n%s", tt.given, diff)
			}
		}
	}
}

// FuzzResolve checks that what is accepted is one line and one word, stays what
// it is, and that a URL in full goes where the library thinks that it does.
func FuzzResolve(f *testing.F) {
	for _, s := range []string{
		"/", "/index.html?a=b#c", "http://192.0.2.1/", "https://www.example.com:8443/x", "http://[2001:db8::1]:80", "http://[fe80::1%25eth0]/",
		"http://a@b/", "ftp://x/", "://", "/a://b", "http://a:99999/", "http://a\r\nb/", "HTTPS://A?b", "http://a#/b", `http://a/"b\c`,
	} {
		f.Add("", s)
		f.Add("192.0.2.1", s)
	}
	f.Fuzz(func(t *testing.T, server, text string) {
		got, err := Target{Server: server, Path: text}.Resolve()
		if err != nil {
			return
		}
		if got.Port == 0 || got.Server == "" || !strings.HasPrefix(got.Path, "/") || strings.ContainsAny(got.Path+got.VirtualHost, " \r\n\"\\") {
			t.Fatalf("%q, %q: %+v", server, text, got)
		}
		again, err := got.Resolve()
		if err != nil || again != got {
			t.Errorf("%+v becomes %+v, %v", got, again, err)
		}
		if u, err := url.Parse(text); err == nil && server == "" && u.Hostname() != got.Server {
			t.Errorf("%q goes to %q", text, got.Server)
		}
	})
}
