package config

import (
	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/syntax"
)

// SSL is the identity that SSL_GET checks show. Each is the path of a PEM file;
// empty is none.
type SSL struct {
	CA, Certificate, Key string
	// Password opens Key.
	Password secret.Secret
}

func sslKeywords() []Keyword {
	return []Keyword{
		{Name: "ca", Args: "PATH", repeats: true, decode: sslText(func(s *SSL) *string { return &s.CA }),
			Doc: "certificates of the authorities to trust"},
		{Name: "certificate", Args: "PATH", repeats: true, decode: sslText(func(s *SSL) *string { return &s.Certificate }),
			Doc: "certificate of the checker"},
		{Name: "key", Args: "PATH", repeats: true, decode: sslText(func(s *SSL) *string { return &s.Key }),
			Doc: "private key of the certificate"},
		{Name: "password", Args: "PASSWORD", repeats: true, decode: (*decoder).sslPassword,
			Doc: "password of the private key"},
	}
}

func sslText(field func(*SSL) *string) decoding {
	return func(d *decoder, k *Keyword, s *syntax.Statement) {
		p := field(&d.config.Global.SSL)
		if !d.valued(k, s) {
			return
		}
		if *p != "" {
			d.again(k, s, "takes this one")
		}
		*p = s.Arg(0)
	}
}

func (d *decoder) sslPassword(k *Keyword, s *syntax.Statement) {
	p := &d.config.Global.SSL.Password
	if !d.valued(k, s) {
		return
	}
	if p.Len() > 0 {
		d.again(k, s, "takes this one")
	}
	*p = secret.New(s.Arg(0))
}

func (d *decoder) ssl(k *Keyword, s *syntax.Statement) {
	if d.globals.ssl {
		d.again(k, s, "takes this one")
		d.config.Global.SSL = SSL{}
	}
	d.globals.ssl = true
	d.inside(k, s, k.Name)
}
