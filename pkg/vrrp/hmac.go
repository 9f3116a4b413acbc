package vrrp

import (
	"time"

	"github.com/kactl/kactl/pkg/secret"
)

// HMAC is how the adverts of version 3 are signed (auth_hmac). One without keys
// is off.
type HMAC struct {
	Keys []HMACKey
	// Keyless says that adverts are to be verified and that there is no key for it, or
	// another version than 3: such an instance must not run.
	Keyless bool
	// Active is the id of the key to sign with.
	Active uint8
	// Monotonic counts adverts instead of comparing clocks.
	Monotonic bool
	// Window is how far the clocks of two routers may be apart.
	Window time.Duration
	Mode   HMACMode
}

// HMACMode says which adverts are signed, and which are taken.
type HMACMode uint8

// The modes.
const (
	// HMACEnforce signs, and takes signed adverts alone.
	HMACEnforce HMACMode = iota
	// HMACPermissive signs, and takes unsigned adverts too.
	HMACPermissive
	// HMACReceiveOnly does not sign, and verifies the adverts that are.
	HMACReceiveOnly
)

// String is the mode as the configuration has it.
func (m HMACMode) String() string {
	return [...]string{"enforce", "permissive", "receive-only"}[m]
}

// An HMACKey is one key that routers share, 32 to 64 bytes.
type HMACKey struct {
	ID uint8
	// File is where the key was read, empty for one in the configuration.
	File string
	// Secret is the key itself.
	Secret secret.Secret
}
