package watch

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/secret"
	"github.com/kactl/kactl/pkg/vrrp"
)

// The length of a key of auth_hmac in bytes.
const minKey, maxKey = 32, 64

// ParseKey reads a key as the block auth_hmac of keepalived.conf has it, with a
// colon behind the number: ID:hex:DIGITS, ID:file:PATH or ID:TEXT. No error
// quotes it.
func ParseKey(text string) (vrrp.HMACKey, error) {
	number, given, ok := strings.Cut(text, ":")
	if !ok {
		return vrrp.HMACKey{}, errors.New("a key is written ID:hex:DIGITS, ID:file:PATH or ID:TEXT")
	}
	id, err := strconv.ParseUint(number, 10, 8)
	if err != nil || id == 0 {
		return vrrp.HMACKey{}, errors.New("a key begins with its number, 1 to 255, and a colon")
	}
	k, key := vrrp.HMACKey{ID: uint8(id)}, []byte(given)
	if digits, ok := strings.CutPrefix(given, "hex:"); ok {
		if key, err = hex.DecodeString(digits); err != nil {
			return k, fmt.Errorf("key %d has other characters than pairs of hexadecimal digits", id)
		}
	} else if path, ok := strings.CutPrefix(given, "file:"); ok {
		k.File = path
		if key, err = readKey(path); err != nil {
			return k, fmt.Errorf("key %d: %w", id, err)
		}
	}
	if n := len(key); n < minKey || n > maxKey {
		return k, fmt.Errorf("key %d has %d bytes; %d to %d are right", id, n, minKey, maxKey)
	}
	k.Secret = secret.New(string(key))
	return k, nil
}

// readKey reads a key, less the end of its line.
func readKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4*maxKey))
	if err != nil {
		return nil, err
	}
	return bytes.TrimRight(b, "\r\n"), nil
}
