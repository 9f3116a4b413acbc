package lvs

// A VirtualView is what a Balancer knows of a virtual server.
type VirtualView struct {
	*VirtualServer
	// HasQuorum says that the weights that are up, in sum Sum, suffice.
	HasQuorum bool
	Sum       int
	// SorryUsed says that the sorry server has the clients.
	SorryUsed bool
	Reals     []RealView
}

// A RealView is what a Balancer knows of a real server.
type RealView struct {
	*RealServer
	Up bool
	// InForce is the weight in force, while the server is up.
	InForce int
	Checks  []*Check
}

// View returns what there is, in the order of the settings.
func (b *Balancer) View() []VirtualView {
	all := make([]VirtualView, 0, len(b.virtuals))
	for _, v := range b.virtuals {
		view := VirtualView{VirtualServer: v.VirtualServer, HasQuorum: v.quorum, SorryUsed: v.sorry != nil}
		for _, r := range v.reals {
			if r.up {
				view.Sum += r.weight
			}
			view.Reals = append(view.Reals, RealView{RealServer: r.RealServer, Up: r.up, InForce: r.weight, Checks: r.checks})
		}
		all = append(all, view)
	}
	return all
}
