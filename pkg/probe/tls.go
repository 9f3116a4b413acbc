package probe

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"sync"

	"github.com/kactl/kactl/pkg/health"
)

// ErrHandshake says that there is a server, but none for TLS.
var ErrHandshake = errors.New("TLS handshake failed")

// handshake starts TLS on a connection. Certificates are not verified: a check
// asks whether its server serves.
func handshake(conn *timed, c health.Check, u health.URL) (*tls.Conn, error) {
	t := tls.Client(conn, &tls.Config{
		InsecureSkipVerify: true,
		ServerName:         serverName(c, u),
		MinVersion:         tls.VersionTLS10,
		CipherSuites:       cipherSuites(),
	})
	if err := t.Handshake(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return t, nil
}

// serverName is the name in the handshake; empty is none. keepalived 2.2.7 does
// not look at the virtual host of the real server here, although its Host header
// has it (measured). A name that is an address is not sent, as RFC 6066, section
// 3, demands.
func serverName(c health.Check, u health.URL) string {
	if c.HTTP == nil || !c.HTTP.SNI {
		return ""
	}
	return cmp.Or(c.HTTP.ServerName, u.VirtualHost, c.HTTP.ServerHost)
}

// cipherSuites are those of TLS 1.2 and before. Old servers have nothing but what
// Go leaves out unless it is asked.
var cipherSuites = sync.OnceValue(func() []uint16 {
	var ids []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		switch s.ID {
		case tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA:
		default:
			ids = append(ids, s.ID)
		}
	}
	return ids
})
