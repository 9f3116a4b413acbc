package genhash

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// secrecy is how a server speaks TLS.
type secrecy int

const (
	open   secrecy = iota // not at all
	secure                // ends with TLS's own notice
	torn                  // ends without
)

// listen serves shapes, /0 the first one, on a port of an address until the
// test ends, and returns the port.
func listen(t *testing.T, addr string, s secrecy, shapes []shape) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(addr, "0"))
	if err != nil {
		t.Fatal(err)
	}
	cert := certificate(t)
	var wg sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(time.Minute))
				if err := serve(c, s, cert, shapes); err != nil {
					t.Logf("server: %v", err)
				}
			})
		}
	})
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func serve(c net.Conn, s secrecy, cert tls.Certificate, shapes []shape) error {
	var r request
	if s != open {
		t := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		if err := t.Handshake(); err != nil {
			return err
		}
		r.serverName = t.ConnectionState().ServerName
		c = t
		if s == secure {
			defer t.CloseWrite()
		}
	}
	in := bufio.NewReader(c)
	for !strings.HasSuffix(r.text, "\r\n\r\n") {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		r.text += line
	}
	var n int
	if _, err := fmt.Sscanf(r.text, "GET /%d", &n); err != nil || n >= len(shapes) {
		return errors.New("no such shape: " + r.text)
	}
	shapes[n].answer(c, r)
	return nil
}

// certificate is one that nobody has signed.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "www.example.com"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1, 0), // it expired long ago
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
