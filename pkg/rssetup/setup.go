package rssetup

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"
)

// stateDir is where the journal lies.
const stateDir = "/var/lib/kactl"

// A Setup sets this machine up as a real server, and takes that back.
type Setup struct {
	sys   System
	store store
}

// Options are what to set up, and how.
type Options struct {
	Targets []Target
	// Persist has it done again at each boot by Program, the path of kactl.
	Persist bool
	Program string
	// DryRun changes nothing.
	DryRun bool
}

// ErrNothing says that nothing was asked for, nor set up before.
var ErrNothing = errors.New("nothing has been set up")

// Apply sets the targets up and returns the steps that this took, or that it
// would take. What was set up before stays. If it fails the steps are those that
// were taken; Undo takes them back. The error is a *Refusal if nothing was done
// because of what speaks against it.
func (s *Setup) Apply(o Options) ([]Step, error) {
	if err := Once(o.Targets); err != nil {
		return nil, err
	}
	if !o.DryRun {
		unlock, err := s.store.lock()
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	st, j, err := s.read()
	if err != nil {
		return nil, err
	}
	if err := refuse(o.Targets, st); err != nil {
		return nil, err
	}
	if o.Persist {
		if err := refusePersist(st); err != nil {
			return nil, err
		}
	}
	known := slices.Clone(j.Targets)
	j.Targets = merge(j.Targets, o.Targets)
	wanted := plan(o.Targets, st)
	if o.Persist || j.persisted() {
		// All that there is to be, not what was asked for now alone.
		wanted = append(wanted, persistent(j, plan(j.Targets, st), o.Program)...)
	}
	steps := diff(wanted, st)
	if o.Persist || slices.ContainsFunc(steps, func(s Step) bool { return s.Name == unitFile }) {
		if err := s.refuseProgram(o.Program); err != nil {
			return nil, err
		}
	}
	if o.DryRun {
		return steps, nil
	}
	if len(steps) == 0 && !slices.Equal(known, j.Targets) {
		return nil, s.store.save(j)
	}
	j.remember(steps, st.Links)
	return s.take(steps, j)
}

// take takes the steps. Each is in the journal before it is taken.
func (s *Setup) take(steps []Step, j *journal) ([]Step, error) {
	for i, step := range steps {
		if !j.has(step.Thing) {
			j.Steps = append(j.Steps, step)
		}
		if err := s.store.save(j); err != nil {
			return steps[:i], err
		}
		if err := s.sys.Set(step.Thing, step.To); err != nil {
			return steps[:i], fmt.Errorf("%s: %w", step.Command(), err)
		}
	}
	return steps, nil
}

func refusePersist(st State) error {
	switch {
	case st.Foreign:
		return &Refusal{[]Reason{{"--persist is for the machine itself, and this is another network namespace", true}}}
	case !st.Systemd:
		return &Refusal{[]Reason{{"--persist needs systemd, and there is no /etc/systemd", true}}}
	}
	return nil
}

// refuseProgram refuses to have a program run at each boot that others than root
// can change.
func (s *Setup) refuseProgram(program string) error {
	err := s.sys.Trust(program)
	if err == nil {
		return nil
	}
	return &Refusal{[]Reason{{fmt.Sprintf("%s would run as root at each boot: %v; install kactl where only root can write (`install %s /usr/bin/kactl`), and run that one",
		program, err, program), true}}}
}

// Undo takes back all that Apply did, and returns the steps that this took, or
// would take. It is no error if there is nothing to take back. If anything fails the
// next Undo tries all of it again.
func (s *Setup) Undo(dryRun bool) ([]Step, error) {
	if !dryRun {
		unlock, err := s.store.lock()
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	st, j, err := s.read()
	if err != nil {
		return nil, err
	}
	var taken []Step
	var errs []error
	for _, step := range slices.Backward(j.Steps) {
		back := step.Inverse()
		if !st.differs(back) {
			continue
		}
		if !dryRun {
			if err := s.sys.Set(back.Thing, back.To); gone(err) {
				continue
			} else if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", back.Command(), err))
				continue
			}
		}
		taken = append(taken, back)
	}
	switch {
	case dryRun:
		return taken, nil
	case len(errs) > 0:
		return taken, errors.Join(errs...)
	}
	return taken, s.store.remove()
}

// differs says that a step would change something. Sysctls and switches went with
// their interface, if they are not there.
func (s State) differs(step Step) bool {
	have, ok := s.Values[step.Thing]
	switch step.Kind {
	case Sysctl, Switch:
		return ok && step.To != nil && have != *step.To
	}
	return ok != (step.To != nil) || ok && have != *step.To
}

// gone says that there is nothing any more that an error is about: an interface
// went, and its addresses and sysctls with it.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) }

// Status looks whether all is as it has to be for the targets, for all that were
// set up if there are none. The error is ErrNothing if there are none at all.
func (s *Setup) Status(targets []Target) ([]Finding, error) {
	st, j, err := s.read()
	if err != nil {
		return nil, err
	}
	if len(targets) == 0 {
		targets = j.Targets
	}
	if len(targets) == 0 {
		return nil, ErrNothing
	}
	return append(verify(targets, st), verifyFiles(j, st)...), nil
}

// read reads the system and the journal.
func (s *Setup) read() (State, *journal, error) {
	boot, err := s.sys.Boot()
	if err != nil {
		return State{}, nil, err
	}
	j, err := s.store.load(boot)
	if err != nil {
		return State{}, nil, err
	}
	st, err := s.sys.State()
	if err != nil {
		return State{}, nil, err
	}
	j.follow(st.Links)
	return st, j, nil
}
