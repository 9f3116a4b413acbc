package netstate

import "github.com/kactl/kactl/pkg/iproute"

// silently calls remove, which takes addresses off, with our own interface switched off
// if they are the last and of IPv6. Else the kernel would send reports that it has left
// their groups (RFC 3810 section 5.2.1), from the virtual hardware address that another
// router has taken over by now, and switches would send what is for that one to us.
func (d *device) silently(ops []op, remove func() error) error {
	l := d.givenUp(ops)
	if l == nil || d.open() != nil {
		return remove()
	}
	conn, ok := d.conn.(*addressChanger)
	if !ok || conn.SwitchLink(d.ctx, *l, false) != nil { // it is gone, or about to be made anew
		return remove()
	}
	err := remove()
	// If this fails it is reported as switched off, and tried again.
	_ = conn.SwitchLink(d.ctx, *l, true)
	return err
}

// givenUp returns our own interface if ops take the last addresses off it that are known
// to be there, and it is one for IPv6.
func (d *device) givenUp(ops []op) *iproute.Link {
	own := d.model.entries[key{kind: KindLink}]
	if !ops[0].remove || ops[0].item.Kind != KindAddress || own == nil || own.state != present || !own.item.Link.IPv6 {
		return nil
	}
	there := false
	for _, o := range ops {
		there = there || o.entry.state == present
	}
	for _, e := range d.model.entries {
		there = there && (e.key.kind != KindAddress || e.desired() == nil)
	}
	if !there {
		return nil
	}
	return own.item.Link
}
