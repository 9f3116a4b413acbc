package vrrp

import (
	"fmt"

	"github.com/kactl/kactl/pkg/secret"
)

// AuthData is the authentication data field of a VRRPv2 advert: a password, sent
// as it is. What prints or encodes it hides it.
type AuthData [authLen]byte

// String returns [secret.Hidden].
func (AuthData) String() string { return secret.Hidden }

// GoString returns [secret.Hidden].
func (AuthData) GoString() string { return secret.Hidden }

// Format writes [secret.Hidden] for every verb.
func (AuthData) Format(f fmt.State, _ rune) { fmt.Fprint(f, secret.Hidden) }

// MarshalText writes [secret.Hidden], for all encoders.
func (AuthData) MarshalText() ([]byte, error) { return []byte(secret.Hidden), nil }

// MarshalBinary writes [secret.Hidden], for gob and others.
func (AuthData) MarshalBinary() ([]byte, error) { return []byte(secret.Hidden), nil }
