// Package chaos breaks a network of real programs at random, kactl, keepalived and
// FRR's vrrpd beside each other on this machine's own kernel: cables are cut, programs
// are killed, stopped for seconds, ended and started again, virtual addresses are taken
// away by hand, configurations are changed and read anew. After each round of that all
// is made well, and soon there is one owner of every virtual address, the one of the
// highest priority, neighbours know it and reach it. At the end nothing is left behind.
//
// It is run with -chaos=10m for long, and with -seed=N for one course of things.
package chaos

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kactl/kactl/test/lab"
)

var (
	length = flag.Duration("chaos", 15*time.Second, "break things for so long")
	seed   = flag.Uint64("seed", 1, "what is done is drawn from this number; 0 takes one from the clock")
)

func TestMain(m *testing.M) {
	lab.TestMain(m, false, "keepalived", "nft:nftables", lab.VRRPD+":frr")
}

func TestChaos(t *testing.T) {
	number := *seed
	if number == 0 {
		number = uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", number)
	c := newCluster(t, rand.New(rand.NewPCG(number, 1)))
	c.settle("at the beginning")
	rounds := 0
	for end := time.Now().Add(*length); time.Now().Before(end); {
		rounds++
		c.trouble()
		c.settle("after a round")
	}
	c.stop()
	c.nothingLeft()
	t.Logf("%d rounds, %d times in all something was done", rounds, c.done)
}
