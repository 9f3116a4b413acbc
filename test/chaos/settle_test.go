package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// How long it takes until a cluster that is well is at rest, and how long it must be
// so. A program that starts, a delay, a master down timer and a periodic announcement
// have room in the first.
const (
	rest  = 20 * time.Second
	quiet = time.Second
)

// settle waits until every address has its owner.
func (c *cluster) settle(when string) {
	c.t.Helper()
	why := ""
	began, since := time.Now(), time.Now()
	for {
		if why = c.unsettled(); why != "" {
			since = time.Now()
		}
		if time.Since(since) >= quiet {
			c.t.Logf("%s: at rest after %v", when, since.Sub(began).Round(10*time.Millisecond))
			return
		}
		if time.Since(began) > rest+lab.Slack {
			c.t.Fatalf("%s: not at rest within %v: %s", when, rest+lab.Slack, why)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// unsettled says what is wrong with the owners of addresses, if anything is.
func (c *cluster) unsettled() string {
	for i, vip := range vips {
		best := c.best(i)
		for _, n := range c.nodes {
			if n.director.Kind != lab.FRR && n.HasAddr(vip) != (n == best) {
				return fmt.Sprintf("%s has %v: %v, the best is %s", n.Name, vip, n != best, best.Name)
			}
		}
		if owners := c.probes[i].Owners(time.Now().Add(-quiet / 2)); !slices.Equal(owners, []string{best.Name}) {
			return fmt.Sprintf("%v is answered by %v, the best is %s", vip, owners, best.Name)
		}
		// A neighbour that knows the address knows whose it is. FRR announces it once, and
		// not again where another one that was stopped has done so meanwhile.
		if mac := c.client.Neighbour(vip); mac != "" && c.lab.NameOf(mac) != best.Name && best.director.Kind != lab.FRR {
			return fmt.Sprintf("the client takes %s for the owner of %v, it is %s", c.lab.NameOf(mac), vip, best.Name)
		}
		if err := c.reach(vip); err != nil {
			return fmt.Sprintf("the client does not reach %v on %s: %v", vip, best.Name, err)
		}
	}
	return ""
}

// reach asks for a connection that the owner refuses.
func (c *cluster) reach(vip netip.Addr) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := c.client.Dial(ctx, "tcp", netip.Addr{}, netip.AddrPortFrom(vip, 9))
	switch {
	case err == nil:
		return conn.Close()
	case errors.Is(err, unix.ECONNREFUSED):
		return nil
	}
	return err
}
