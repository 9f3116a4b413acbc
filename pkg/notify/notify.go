// Package notify tells external programs of the transitions of virtual routers
// and of real servers (notify, notify_master, notify_up and their kin in
// keepalived.conf(5)).
package notify

import (
	"strconv"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/vrrp"
)

// The states that a program can be told of. Stop is the end of an instance,
// not a state of it.
const (
	Master = "MASTER"
	Backup = "BACKUP"
	Fault  = "FAULT"
	Stop   = "STOP"
	// Deleted is the end of an instance by a reload, where notify_deleted asks for it:
	// it is Fault else.
	Deleted = "DELETED"
)

// Notify tells the programs of an instance that it is in a state now, with its
// effective priority: first the one for that state, which gets no arguments,
// then the one for all, which gets "INSTANCE", the name, state and priority.
func (q *Queue) Notify(i *vrrp.Instance, state string, priority uint8) {
	s := subject{"INSTANCE", i.Name}
	q.add(s, &turn{last: state == Stop, jobs: jobs(
		job{forState(i.Notify, state), nil},
		job{i.Notify.Any, []string{s.kind, s.name, state, strconv.Itoa(int(priority))}},
	)})
}

// NotifyDeleted tells the programs of an instance that a reload has ended it: the one
// for that, and the one for all, which gets Deleted or Fault. Neither notify_stop nor
// notify_fault is run, as with keepalived.
func (q *Queue) NotifyDeleted(i *vrrp.Instance, state string, priority uint8) {
	s := subject{"INSTANCE", i.Name}
	q.add(s, &turn{last: true, jobs: jobs(
		job{i.Notify.Deleted, nil},
		job{i.Notify.Any, []string{s.kind, s.name, state, strconv.Itoa(int(priority))}},
	)})
}

// NotifyGroup tells the programs of a sync group that all of its members are in a state
// now, as Notify does with "GROUP" in the place of "INSTANCE", and the priority 0: that
// of a group is none.
func (q *Queue) NotifyGroup(g *vrrp.SyncGroup, state string) {
	s := subject{"GROUP", g.Name}
	q.add(s, &turn{last: state == Stop, jobs: jobs(
		job{forState(g.Notify, state), nil},
		job{g.Notify.Any, []string{s.kind, s.name, state, "0"}},
	)})
}

// NotifyLower runs notify_master_rx_lower_pri of an instance that heard, as master,
// an advert of lower priority. Every such advert asks for it, and so it neither
// delays the programs of transitions, nor does a second one run beside it.
func (q *Queue) NotifyLower(i *vrrp.Instance) {
	s := subject{"adverts of lower priority, INSTANCE", i.Name}
	q.add(s, &turn{alone: true, jobs: jobs(job{i.Notify.MasterHeardLower, nil})})
}

// NotifyServer runs notify_up or notify_down of a real server; c may be nil.
func (q *Queue) NotifyServer(key lvs.RealKey, c *command.Command) {
	s := subject{"real server", key.String() + " of VS " + key.Service.String()}
	q.add(s, &turn{jobs: jobs(job{c, nil})})
}

// jobs leaves out those without a program.
func jobs(all ...job) (some []job) {
	for _, j := range all {
		if j.command != nil {
			some = append(some, j)
		}
	}
	return some
}

func forState(n vrrp.Notify, state string) *command.Command {
	switch state {
	case Master:
		return n.Master
	case Backup:
		return n.Backup
	case Fault:
		return n.Fault
	case Stop:
		return n.Stop
	}
	return nil
}
