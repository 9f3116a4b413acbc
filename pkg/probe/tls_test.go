package probe_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/kactl/kactl/pkg/health"
	"github.com/kactl/kactl/pkg/probe"
)

// TestOldCertificates has servers that keepalived's OpenSSL is content with, and
// Go only if go.mod tells it to be: they serve, and nothing is verified.
func TestOldCertificates(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 768)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, cert := range map[string]tls.Certificate{
		"768 bits":            selfSigned(t, small, 1),
		"a negative serial":   selfSigned(t, key, -1),
		"nothing out of date": selfSigned(t, key, 1),
	} {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
		s.StartTLS()
		defer s.Close()
		c := check(health.SSL, netip.MustParseAddrPort(s.Listener.Addr().String()))
		page, err := probe.Getter{}.Get(t.Context(), c, health.URL{Path: "/"})
		if err != nil || page.Status != http.StatusNotFound {
			t.Errorf("%s: status %d, %v", name, page.Status, err)
		}
	}
}

// selfSigned is a certificate with a serial number of one byte. The library
// writes none that is below 0: such a one is put in, and its signature is wrong.
func selfSigned(t *testing.T, key crypto.Signer, serial int8) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	version := []byte{0xa0, 3, 2, 1, 2} // 3; the serial number is next
	at := bytes.Index(der, append(version, 2, 1, 1)) + len(version) + 2
	der[at] = byte(serial)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
