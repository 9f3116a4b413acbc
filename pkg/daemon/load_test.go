package daemon

import (
	"testing"

	"github.com/kactl/kactl/pkg/config"
)

func TestShortfall(t *testing.T) {
	for want, s := range map[string]config.Shortfall{
		"": {},
		"1 setting of the configuration is not in force yet; kactl check /k.conf lists them":                                                                                                   {Settings: 1},
		"1 setting of the configuration is not in force yet: 1 leaves out an instance, a service or a server; kactl check /k.conf lists them":                                                  {Settings: 1, Parts: 1},
		"9 settings of the configuration are not in force yet: 2 leave out an instance, a service or a server, 4 leave less protection than the file asks for; kactl check /k.conf lists them": {Settings: 9, Parts: 2, Weaker: 4},
	} {
		if got := shortfall(s, "/k.conf"); got != want {
			t.Errorf("%+v: got %q, want %q", s, got, want)
		}
	}
}
