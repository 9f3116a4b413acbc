package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// encoders are all ways in which settings could get out. One that cannot encode
// them returns an error, and may have written a part.
var encoders = map[string]func(io.Writer, any) error{
	"json": func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
	"xml":  func(w io.Writer, v any) error { return xml.NewEncoder(w).Encode(v) },
	"gob":  func(w io.Writer, v any) error { return gob.NewEncoder(w).Encode(v) },
	"yaml": func(w io.Writer, v any) error { return yaml.NewEncoder(w).Encode(v) },
	"template": func(w io.Writer, v any) error {
		return template.Must(template.New("").Parse(`{{.}} {{printf "%v %+v %#v" . . .}}`)).Execute(w, v)
	},
	"slog text": func(w io.Writer, v any) error {
		slog.New(slog.NewTextHandler(w, nil)).Info(fmt.Sprint(v), "v", v)
		return nil
	},
	"slog JSON": func(w io.Writer, v any) error {
		slog.New(slog.NewJSONHandler(w, nil)).Info(fmt.Sprint(v), "v", v)
		return nil
	},
	"fmt": func(w io.Writer, v any) error {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "% X", "%d", "%b", "%o", "%08x", "%t", "%e", "%c", "%U"} {
			fmt.Fprintf(w, verb+"\n", v)
		}
		return nil
	},
	"errors": func(w io.Writer, v any) error {
		_, err := io.WriteString(w, fmt.Errorf("settings %v: %w", v, io.EOF).Error())
		return err
	},
}

// forms are how a secret could look.
func forms(secret string) []string {
	b := []byte(secret)
	numbers := func(verb, gap string) string {
		var out []string
		for _, c := range b {
			out = append(out, fmt.Sprintf(verb, c))
		}
		return strings.Join(out, gap)
	}
	return []string{
		secret, hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), base64.StdEncoding.EncodeToString(b)[:8],
		numbers("%d", " "), numbers("%d", ","), numbers("%#x", ", "), numbers("%02X", " "), numbers("%b", " "), numbers("%o", " "), numbers("%c", " "), numbers("%U", " "),
		strings.TrimSpace(strings.ReplaceAll(string(must(yaml.Marshal(b))), "\n", "\n        ")),
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Whole settings with every kind of secret are encoded, and none of them is in
// what comes out: not where the settings are in a field that is not exported
// either, of which fmt calls no methods.
func TestSecretsStayInside(t *testing.T) {
	const pass, key, password = "PaSs0rd9", "KEY0123456789abcdefghijklmnopqrst", "OpenSesame"
	text := "SSL {\nca /c\npassword " + password + "\n}\n" +
		vi("A", "authentication {\nauth_type PASS\nauth_pass "+pass+"\n}") +
		strings.Replace(vi("B", "version 3\nauth_hmac {\nkey 1 "+key+"\nmode permissive\n}"), "51", "52", 1)
	c := read(t, text, syntax.Keepalived).Config
	var a vrrp.Advert
	x := c.VRRP.Instances[0]
	if x.Auth.Password.Reveal() != pass || c.VRRP.Instances[1].HMAC.Keys[0].Secret.Reveal() != key || c.Global.SSL.Password.Reveal() != password {
		t.Fatal("the secrets are not in the settings")
	}
	copy(a.Key[:], pass)

	type inner struct{ hidden any }
	type nested struct {
		settings vrrp.Settings
		auth     vrrp.Auth
		keys     []vrrp.HMACKey
		all      map[string]*vrrp.Auth
	}
	values := map[string]any{
		"config": c, "config by value": *c, "settings": c.VRRP, "instance": &x, "auth": x.Auth, "password": x.Auth.Password,
		"pointer": &x.Auth.Password, "map": map[string]any{"a": x.Auth, "b": c.VRRP.Instances[1].HMAC}, "ssl": c.Global.SSL,
		"advert": a, "key": a.Key, "slice": []any{x.Auth.Password, a.Key, c.Global.SSL.Password, c.VRRP.Instances[1].HMAC.Keys},
		"in a field": inner{c.VRRP}, "nested": nested{c.VRRP, x.Auth, c.VRRP.Instances[1].HMAC.Keys, map[string]*vrrp.Auth{"a": &x.Auth}},
	}
	for how, encode := range encoders {
		for what, v := range values {
			var b bytes.Buffer
			if err := encode(&b, v); err != nil {
				fmt.Fprint(&b, err)
			}
			for _, secret := range []string{pass, key, password} {
				for _, form := range forms(secret) {
					if strings.Contains(b.String(), form) {
						t.Errorf("%s of %s has a secret in it, as %s", how, what, form)
					}
				}
			}
		}
	}
}
