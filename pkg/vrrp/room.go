package vrrp

// MaxAddresses is how many addresses an advert can carry: they are counted in a
// byte.
const MaxAddresses = 255

// The sizes of a packet that every host must take, over IPv4 (RFC 791 section 3.1)
// and over IPv6 (RFC 8200 section 5).
const (
	leastMTU  = 576
	leastMTU6 = 1280
)

// Room returns how many addresses an advert of the instance has room for where
// packets have at most mtu bytes; 0 stands for any size. What does not fit is
// held, but not announced in adverts. keepalived counts 14 bytes for the frame's
// header too, and routers that share the addresses must agree on the number.
func (i *Instance) Room(mtu int) int {
	const frame = 14
	ip, size := 20, 4
	if i.IPv6() {
		ip, size = 40, 16
	}
	if mtu == 0 {
		return MaxAddresses
	}
	left := mtu - frame - ip - headerLen
	if i.Version == 2 {
		left -= authLen
	}
	return min(max(left/size, 0), MaxAddresses)
}

// carried is how many of the addresses our adverts carry.
func (m *Machine) carried() int { return min(m.room, len(m.cfg.Addresses)) }

// cutElsewhere says whether an advert carries the first of our addresses, as
// many as fit into the packets of another router's interface. Where an MTU was
// changed, to refuse it would make a second master.
func (m *Machine) cutElsewhere(a *Advert) bool {
	mtu := leastMTU
	if m.cfg.IPv6() {
		mtu = leastMTU6
	}
	got, least := len(a.Addresses), m.cfg.Room(mtu)
	if got < least || got > len(m.cfg.Addresses) {
		return false
	}
	for n, addr := range a.Addresses {
		if m.cfg.Addresses[n].Prefix.Addr() != addr {
			return false
		}
	}
	return true
}
