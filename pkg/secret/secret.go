// Package secret holds passwords and keys so that they do not get into a log, a
// message or a document by mistake.
package secret

import (
	"crypto/subtle"
	"errors"
	"fmt"
)

// Hidden is what stands for a secret wherever one is written.
const Hidden = "******"

// A Secret is a password or a key; the zero Secret is none. Whatever prints or
// encodes it writes [Hidden], also as a part of what it is a field of. Reveal
// alone gives it away.
type Secret struct {
	// value is behind a pointer, and no slice: fmt calls no methods of what is in
	// a field that is not exported, and prints such a pointer as an address.
	value *string
}

// New returns value as a secret.
func New(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{&value}
}

// Reveal returns the secret, which must not be shown.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Len returns the length in bytes.
func (s Secret) Len() int { return len(s.Reveal()) }

// Equal reports whether two secrets are the same. How long it takes says nothing
// about them but their length.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// String returns Hidden.
func (Secret) String() string { return Hidden }

// GoString returns Hidden.
func (Secret) GoString() string { return Hidden }

// Format writes Hidden for every verb.
func (Secret) Format(f fmt.State, _ rune) { fmt.Fprint(f, Hidden) }

// MarshalText writes Hidden into XML, YAML, TOML and the text of a log.
func (Secret) MarshalText() ([]byte, error) { return []byte(Hidden), nil }

// MarshalJSON writes Hidden.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Hidden + `"`), nil }

// MarshalBinary writes Hidden, for gob and others.
func (Secret) MarshalBinary() ([]byte, error) { return []byte(Hidden), nil }

// ErrNotEncoded says that what was encoded has no secret in it to read.
var ErrNotEncoded = errors.New("a secret is not encoded, and cannot be decoded")

// UnmarshalText fails: it would take Hidden for the secret.
func (*Secret) UnmarshalText([]byte) error { return ErrNotEncoded }

// UnmarshalJSON fails.
func (*Secret) UnmarshalJSON([]byte) error { return ErrNotEncoded }

// UnmarshalBinary fails.
func (*Secret) UnmarshalBinary([]byte) error { return ErrNotEncoded }
