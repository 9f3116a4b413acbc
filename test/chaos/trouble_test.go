package chaos

import (
	"os/exec"
	"time"

	"github.com/kactl/kactl/test/lab"
)

// A deed breaks something at a node, and returns what makes it well again.
type deed struct {
	name string
	do   func(c *cluster, n *node) (undo func())
	// others says that FRR is left out: who kills it leaves its address answered.
	others bool
}

// pause is how long a program that is stopped stays so.
const pause = 5 * time.Second

var deeds = []deed{
	{"cut", func(_ *cluster, n *node) func() { n.Cut(); return n.Heal }, false},
	{"silence", func(_ *cluster, n *node) func() { n.Silence(); return n.Heal }, false},
	{"kill", func(_ *cluster, n *node) func() { n.director.Kill(); return n.director.Restart }, true},
	{"end", func(_ *cluster, n *node) func() { n.director.Stop(); return n.director.Restart }, true},
	{"pause", func(_ *cluster, n *node) func() {
		n.director.Pause()
		end := time.Now().Add(pause)
		return func() { time.Sleep(time.Until(end)); n.director.Resume() }
	}, false},
	{"rob", func(c *cluster, n *node) func() {
		if vip := vips[c.random.IntN(len(vips))]; n.HasAddr(vip) {
			// It may have lost it meanwhile.
			_ = n.Do(exec.Command("ip", "address", "delete", vip.String()+"/32", "dev", "eth0").Run)
		}
		return nil
	}, true},
	{"reload", func(_ *cluster, n *node) func() { n.director.Reload(); return nil }, true},
	{"change and reload", func(c *cluster, n *node) func() {
		// To a priority that no other has.
		step := byte(c.random.IntN(5))
		n.One, n.Both = n.One-n.One%10+step, n.Both-n.Both%10+step
		n.director.Configure(config, n.priorities)
		n.director.Reload()
		return nil
	}, true},
}

// trouble is a round of one to three deeds, each at a node of its own.
func (c *cluster) trouble() {
	var undo []func()
	for _, i := range c.random.Perm(len(c.nodes))[:1+c.random.IntN(3)] {
		n, d := c.nodes[i], deeds[c.random.IntN(len(deeds))]
		if d.others && n.director.Kind == lab.FRR {
			continue
		}
		c.t.Logf("%s %s (%s)", d.name, n.Name, n.director.Kind)
		c.done++
		if f := d.do(c, n); f != nil {
			undo = append(undo, f)
		}
		time.Sleep(time.Duration(c.random.IntN(1500)) * time.Millisecond)
	}
	time.Sleep(time.Duration(c.random.IntN(3000)) * time.Millisecond)
	for _, f := range undo {
		f()
	}
}
