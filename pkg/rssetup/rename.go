package rssetup

import (
	"slices"
	"strings"
)

// confDir is what the names of interfaces' sysctls start with.
const confDir = "net/ipv4/conf/"

// interfaceOf is the name of the interface that a thing is of, empty if it is of
// none. It may be that of all interfaces, "all".
func (t Thing) interfaceOf() string {
	switch t.Kind {
	case Address:
		return t.Device
	case Switch:
		return t.Name
	case Sysctl:
		device, _, _ := strings.Cut(strings.TrimPrefix(t.Name, confDir), "/")
		return device
	}
	return ""
}

// of is the same thing of another interface.
func (t Thing) of(device string) Thing {
	switch t.Kind {
	case Address:
		t.Device = device
	case Switch:
		t.Name = device
	case Sysctl:
		t.Name = confDir + device + strings.TrimPrefix(t.Name, confDir+t.interfaceOf())
	}
	return t
}

// remember notes the indexes of the steps' interfaces, which outlive their names.
func (j *journal) remember(steps []Step, links []Link) {
	if j.Indexes == nil {
		j.Indexes = map[string]int{}
	}
	for _, l := range links {
		if slices.ContainsFunc(steps, func(s Step) bool { return s.interfaceOf() == l.Name }) {
			j.Indexes[l.Name] = l.Index
		}
	}
}

// follow gives the journal's interfaces the names that they have now.
func (j *journal) follow(links []Link) {
	now, indexes := map[string]string{}, map[string]int{}
	for name, index := range j.Indexes {
		if i := slices.IndexFunc(links, func(l Link) bool { return l.Index == index }); i >= 0 {
			now[name], indexes[links[i].Name] = links[i].Name, index
		}
	}
	j.Indexes = indexes
	for i, s := range j.Steps {
		if name, ok := now[s.interfaceOf()]; ok {
			j.Steps[i].Thing = s.of(name)
		}
	}
	for i, t := range j.Targets {
		if name, ok := now[t.Device]; ok {
			j.Targets[i].Device = name
			if label, ok := strings.CutPrefix(t.Label, t.Device); ok && t.Label != "" {
				j.Targets[i].Label = name + label
			}
		}
	}
}
