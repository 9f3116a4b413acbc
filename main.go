// Kactl is a toolkit for Linux load balancers: VRRP, IPVS and health checks
// from a keepalived.conf.
package main

import (
	"os"

	"github.com/kactl/kactl/cmd"
)

func main() { os.Exit(cmd.Main()) }
