package vrrpd

// reportsPath is the kernel's parameter for reports of membership in 224.0.0.0/24.
const reportsPath = "net/ipv4/igmp_link_local_mcast_reports"

// A localIGMP is whether the kernel is to report memberships in link-local groups
// (disable_local_igmp).
type localIGMP struct {
	off    bool // as the settings have it
	before string
	done   bool
}

// setLocalIGMP stops the reports, or lets them be what they were before. A value that somebody
// else has given meanwhile is not known.
func (l *loop) setLocalIGMP(off bool) {
	p := &l.localIGMP
	if off == p.done {
		return
	}
	value := "0"
	if !off {
		value = p.before
	}
	before, err := l.sys.SetSysctl(reportsPath, value)
	if err != nil {
		l.log.Warn(err.Error())
		return
	}
	p.before, p.done = before, off
}
