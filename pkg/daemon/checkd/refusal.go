package checkd

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kactl/kactl/pkg/lvs"
)

// maxRefusals is how many new refusals are named at a time.
const maxRefusals = 8

// refuse takes note of what the kernel refused, says what is new of it, and
// returns the objects.
func (d *Daemon) refuse(refused []lvs.Refusal) (objects map[string]bool) {
	objects = make(map[string]bool, len(refused))
	fresh := 0
	for _, r := range refused {
		object, reason := r.Op.Object(), r.Err.Error()
		objects[object] = true
		if d.refused[object] == reason {
			continue
		}
		d.refused[object] = reason
		if fresh++; fresh <= maxRefusals {
			d.log.Error(fmt.Sprintf("The kernel refuses to %s: %s. kactl keeps trying, and logs when it succeeds.", r.Op, reason))
		}
	}
	if fresh > maxRefusals {
		d.log.Error(fmt.Sprintf("The kernel refuses %d more changes of its table", fresh-maxRefusals))
	}
	return objects
}

// stands reports whether op can have been done: a real server of a service that
// the kernel refused was not even looked at.
func (d *Daemon) stands(op lvs.Op) bool {
	switch op.Kind {
	case lvs.AddDestination, lvs.EditDestination:
		_, ok := d.applied[op.ID]
		return ok
	}
	return true
}

// accept takes note that the kernel has done what it refused before, if it did.
func (d *Daemon) accept(object string) {
	if _, ok := d.refused[object]; ok {
		delete(d.refused, object)
		d.log.Info(fmt.Sprintf("The kernel refuses %s no more", object))
	}
}

// refusal is all that the kernel does not take, as one error; nil if it takes all.
func (d *Daemon) refusal() error {
	if len(d.refused) == 0 {
		return nil
	}
	objects := slices.Sorted(maps.Keys(d.refused))
	more := ""
	if n := len(objects) - 1; n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	return fmt.Errorf("the kernel refuses %s: %s%s; kactl keeps trying, and logs when it succeeds", objects[0], d.refused[objects[0]], more)
}

// drift returns those of ops, the whole difference between the kernel's table and
// what is wanted, that the kernel did not refuse before and that are not in own, our
// changes since the table was written. What it refused, and is in no need of a change
// now, is forgotten.
func (d *Daemon) drift(ops, own []lvs.Op) (drift []lvs.Op) {
	ours := make(map[string]bool, len(own))
	for _, op := range own {
		ours[op.Object()] = true
	}
	due := make(map[string]bool, len(ops))
	for _, op := range ops {
		object := op.Object()
		due[object] = true
		if !ours[object] && d.refused[object] == "" && d.refused[lvs.Op{ID: op.ID}.Object()] == "" {
			drift = append(drift, op)
		}
	}
	for _, object := range slices.Sorted(maps.Keys(d.refused)) {
		if !due[object] {
			d.accept(object)
		}
	}
	return drift
}
