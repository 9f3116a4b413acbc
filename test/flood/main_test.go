// Package flood sends a master of a virtual router a million packets that it
// has to reject or to ignore, and watches that it is not shaken.
//
// With KACTL_E2E_DIRECTOR=keepalived the master is keepalived, whose log may be
// as long as it likes. That run fails: 2.2.7 puts its next advert off with every
// packet that it rejects.
package flood

import (
	"testing"

	"github.com/kactl/kactl/test/lab"
)

func TestMain(m *testing.M) { lab.TestMain(m, false) }
