package vrrpd

import (
	"time"

	"github.com/kactl/kactl/pkg/vrrp"
)

// started is what the package's clock counts from.
var started = time.Now()

// monotonic reads the clock. It is never the zero Time.
func monotonic() vrrp.Time { return vrrp.Time(time.Since(started)) + 1 }
