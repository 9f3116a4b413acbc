package probe

import (
	"crypto/tls"
	"errors"
	"fmt"

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
		CipherSuites:       suites(),
	})
	if err := t.Handshake(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandshake, err)
	}
	return t, nil
}

// serverName is the name in the handshake; empty is none.
func serverName(c health.Check, u health.URL) string {
	switch {
	case c.HTTP == nil || !c.HTTP.SNI:
		return ""
	case c.HTTP.ServerName != "":
		return c.HTTP.ServerName
	}
	return virtualHost(c, u)
}

// suites are those of TLS 1.2 and before. Old servers have nothing but what Go
// leaves out unless it is asked.
func suites() []uint16 {
	var ids []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		switch s.ID {
		case tls.TLS_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA:
		default:
			ids = append(ids, s.ID)
		}
	}
	return ids
}
