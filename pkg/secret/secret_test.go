package secret_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/kactl/kactl/pkg/secret"
)

func TestSecret(t *testing.T) {
	s := secret.New("S3CR3T")
	if s.Reveal() != "S3CR3T" || s.Len() != 6 {
		t.Errorf("reveals %q of %d bytes", s.Reveal(), s.Len())
	}
	same, other := secret.New("S3CR3T"), secret.New("S3CR3U")
	if !s.Equal(same) || !reflect.DeepEqual(s, same) || s.Equal(other) || reflect.DeepEqual(s, other) || s.Equal(secret.Secret{}) {
		t.Error("it is not equal to the same secret alone")
	}
	if none := secret.New(""); none != (secret.Secret{}) || none.Reveal() != "" || none.Len() != 0 || none.String() != secret.Hidden {
		t.Errorf("none is %v", none)
	}
}

// What was encoded has no secret in it, and reading it does not make one of what
// stands for it.
func TestDecode(t *testing.T) {
	type settings struct{ Key secret.Secret }
	from := settings{secret.New("S3CR3T")}
	text, err := json.Marshal(from)
	if err != nil {
		t.Fatal(err)
	}
	var to settings
	if err := json.Unmarshal(text, &to); !errors.Is(err, secret.ErrNotEncoded) || to.Key.Len() > 0 {
		t.Errorf("JSON %s: %v", text, err)
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(from); err != nil {
		t.Fatal(err)
	}
	if err := gob.NewDecoder(&b).Decode(&to); !errors.Is(err, secret.ErrNotEncoded) || to.Key.Len() > 0 {
		t.Errorf("gob: %v", err)
	}
}
