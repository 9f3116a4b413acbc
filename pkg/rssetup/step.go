package rssetup

import (
	"fmt"
	"path/filepath"
	"strings"
)

// A Step is one change: what is set, from what it was. Nil is that it is not
// there.
type Step struct {
	Thing
	To   *string `json:"to"`
	From *string `json:"from"`
}

// Inverse is the step that takes s back.
func (s Step) Inverse() Step { return Step{s.Thing, s.From, s.To} }

// Command is the step as an administrator would type it.
func (s Step) Command() string {
	switch s.Kind {
	case Sysctl:
		return fmt.Sprintf("sysctl -w %s=%s", sysctlName(s.Name), value(s.To))
	case Switch:
		return fmt.Sprintf("ip link set %s %s", s.Name, value(s.To))
	case Address:
		return s.address()
	case Symlink:
		if s.To != nil {
			// A new machine has no directory for what a target wants.
			return fmt.Sprintf("mkdir -p %s && ln -sfn %s %s", filepath.Dir(s.Name), *s.To, s.Name)
		}
	case File:
		if s.To != nil {
			return fmt.Sprintf("cat >%s <<'EOF'\n%sEOF", s.Name, *s.To)
		}
	}
	return "rm " + s.Name
}

func (s Step) address() string {
	if s.To == nil {
		return fmt.Sprintf("ip addr del %s dev %s", s.Name, s.Device)
	}
	command := fmt.Sprintf("ip addr add %s dev %s", s.Name, s.Device)
	switch {
	case isIPv6(s.Name):
		command += " nodad preferred_lft 0"
	case *s.To != "":
		command += " label " + *s.To
	}
	return command
}

func isIPv6(prefix string) bool { return strings.Contains(prefix, ":") }

func value(v *string) string {
	if v == nil {
		return ""
	}
	return *v
}

// sysctlName is a path below /proc/sys as sysctl(8) writes it: dots separate, and
// a dot within a part is a slash.
func sysctlName(path string) string {
	return strings.NewReplacer("/", ".", ".", "/").Replace(path)
}

// conf is the sysctl of an interface, or of all of them.
func conf(device, name string) Thing {
	return Thing{Kind: Sysctl, Name: confDir + device + "/" + name}
}

// A setting is a thing with the value that it has to have.
type setting struct {
	Thing
	value string
}

// diff is what has to be done to have the settings, in their order. An address
// that is there may have any label.
func diff(wanted []setting, st State) []Step {
	var steps []Step
	for _, w := range wanted {
		have, ok := st.Values[w.Thing]
		if ok && (have == w.value || w.Kind == Address) {
			continue
		}
		s := Step{Thing: w.Thing, To: &w.value}
		if ok {
			s.From = &have
		}
		steps = append(steps, s)
	}
	return steps
}
