package vrrp

import "time"

// trouble is a time of random faults. At its end everything is well again.
func (n *network) trouble(d time.Duration) {
	n.loss = n.rand.Float64() * 0.8
	for end := n.now.Add(d); n.now < end; {
		n.run(time.Duration(n.rand.Int64N(int64(1500 * time.Millisecond))))
		i := n.rand.IntN(len(n.hosts))
		n.fault(i, n.hosts[i], n.rand.IntN(21))
	}
	n.loss = 0
	clear(n.cut)
	for i := range n.hosts {
		n.mend(i)
	}
}

// fault does something to a host, or to the network.
func (n *network) fault(i int, h *host, what int) {
	s := n.rand.IntN(segments)
	f := h.ifaces[s]
	n.note("trouble %d of host %d, segment %d", what, i, s)
	switch what {
	case 0, 1:
		n.cut[[3]int{s, i, n.rand.IntN(len(n.hosts))}] = true
	case 2:
		clear(n.cut)
	case 3: // a crash: the addresses stay, nobody looks after them
		n.end(i, false)
	case 4, 5:
		if h.router == nil {
			n.boot(i)
		}
	case 6:
		n.end(i, true)
	case 7, 8:
		f.up = !f.up
		h.changed(f)
	case 9:
		h.deaf = !h.deaf
	case 10:
		h.mute = !h.mute
	case 11:
		n.plan.mutate(n.rand)
	case 12, 13:
		h.reload()
	case 14:
		h.script = 1 - h.script
		n.step(i, RouterEvent{Kind: TrackReported, Track: TrackScript, Name: "chk", Value: h.script})
	case 20:
		h.file = []int{0, -20, -254, 30}[n.rand.IntN(4)]
		n.step(i, RouterEvent{Kind: TrackReported, Track: TrackFile, Name: "f", Value: h.file})
	case 15:
		h.rename(f)
	case 16:
		h.renew(f)
	case 17:
		f.based = !f.based
		h.changed(f)
	case 18:
		h.noSocket = !h.noSocket
	case 19:
		if h.refusing = !h.refusing; !h.refusing && h.router != nil {
			h.again()
		}
	}
}

func (h *host) reload() {
	if h.router != nil {
		h.n.step(h.number, RouterEvent{Kind: Reload, Settings: h.n.plan.settings(h.number)})
	}
}

// rename gives an interface another name, or its own again.
func (h *host) rename(f *simIface) {
	old := h.link(f)
	if f.Name[0] == 'e' {
		f.Name = "wan" + f.Name[3:]
	} else {
		f.Name = "eth" + f.Name[3:]
	}
	f.sockets = [2]*Socket{}
	h.n.post(h.number, 0, RouterEvent{Kind: LinkRemoved, Link: old})
	h.changed(f)
}

// renew makes an interface anew, without its addresses.
func (h *host) renew(f *simIface) {
	old := h.link(f)
	h.index++
	f.index, f.vips, f.sockets = h.index, nil, [2]*Socket{}
	if h.n.rand.IntN(2) == 0 { // or it is replaced under our eyes
		h.n.post(h.number, 0, RouterEvent{Kind: LinkRemoved, Link: old})
	}
	h.changed(f)
}

// mend ends all that is wrong with a host. One that has lacked addresses begins
// anew, for it waits for minutes else.
func (n *network) mend(i int) {
	h := n.hosts[i]
	h.deaf, h.mute, h.noSocket, h.refusing, h.script, h.file = false, false, false, false, 1, 0
	for _, f := range h.ifaces {
		if f.Name[0] != 'e' {
			h.rename(f)
		}
		if !f.up || !f.based {
			f.up, f.based = true, true
			h.changed(f)
		}
	}
	n.run(0)
	if h.refused && h.router != nil {
		n.end(i, n.rand.IntN(2) == 0)
	}
	h.refused = false
	if h.router == nil {
		n.boot(i)
		return
	}
	h.reload()
	n.step(i, RouterEvent{Kind: TrackReported, Track: TrackScript, Name: "chk", Value: 1})
	n.step(i, RouterEvent{Kind: TrackReported, Track: TrackFile, Name: "f", Value: 0})
}
