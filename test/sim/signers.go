package sim

import (
	"strings"

	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
)

// password is that of all authentication headers, keys those of all signatures.
const password = "1111"

var keys = []vrrp.HMACKey{hmacKey(1, "a"), hmacKey(2, "b"), hmacKey(3, "c")}

func hmacKey(id uint8, letter string) vrrp.HMACKey {
	return vrrp.HMACKey{ID: id, Secret: secret.New(strings.Repeat(letter, 32))}
}

// signers authenticate adverts. They are made once.
type signers struct {
	ah   *vrrp.AHSigner
	hmac []*vrrp.HMACSigner
}

func (s *signers) header() *vrrp.AHSigner {
	if s.ah == nil {
		s.ah = vrrp.NewAHSigner(vrrp.Auth{Type: vrrp.AuthAH, Password: secret.New(password)})
	}
	return s.ah
}

func (s *signers) key(id uint8) *vrrp.HMACSigner {
	for n := len(s.hmac); n < len(keys); n++ {
		s.hmac = append(s.hmac, vrrp.NewHMACSigner(keys[n]))
	}
	return s.hmac[id-1]
}
