package config

import (
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// group is a vrrp_sync_group that is being read.
type group struct {
	vrrp.SyncGroup
	statement *syntax.Statement
	members   []member
	weights   bool // sync_group_tracking_weight
}

type member struct {
	statement *syntax.Statement
	word      syntax.Word
}

func groupKeywords() []Keyword {
	return append([]Keyword{
		{Name: "group", Shape: syntax.List, Support: Supported, decode: (*decoder).groupMembers,
			Doc: "names of the instances, separated by blanks or lines"},
		{Name: "sync_group_tracking_weight", Support: Supported, decode: (*decoder).groupWeights,
			Doc: "let members keep the weights of what they track"},
		{Name: "smtp_alert", Args: "[BOOL]", Support: Accepted, decode: (*decoder).flag,
			Doc: "send mails about this group"},
		{Name: "global_tracking", Support: Unsupported},
		{Name: "notify_priority_changes", Args: "BOOL", Need: 1, Support: Unsupported},
		{Name: "track_bfd", Shape: syntax.List},
		{Name: "track_file", Shape: syntax.List},
		{Name: "track_interface", Shape: syntax.List},
		{Name: "track_process", Shape: syntax.List},
		{Name: "track_script", Shape: syntax.List},
	}, notifyKeywords(func(d *decoder) *vrrp.Notify { return &d.group.Notify })...)
}

func (d *decoder) vrrpSyncGroup(k *Keyword, s *syntax.Statement) {
	if len(s.Args()) != 1 {
		d.fault("name", s.Range(), "vrrp_sync_group must have one name; keepalived skips it").Hint = "write vrrp_sync_group NAME {"
		return
	}
	name := s.Arg(0)
	if g := d.groupNamed[name]; g != nil {
		d.alreadyDefined(k, s, g.statement)
		return
	}
	g := &group{SyncGroup: vrrp.SyncGroup{Name: name}, statement: s}
	d.group = g
	d.groups, d.groupNamed[name] = append(d.groups, g), g
	d.inside(k, s, k.Name, name)
}

func (d *decoder) groupMembers(k *Keyword, s *syntax.Statement) {
	if len(s.Body()) == 0 {
		d.fault("empty-block", d.endOf(s), "group of vrrp_sync_group %s is empty", d.group.Name)
	}
	for _, l := range s.Body() {
		for _, w := range l.Words {
			d.group.members = append(d.group.members, member{l, w})
			d.place(l.At(w), "group", w.Text)
		}
	}
}

func (d *decoder) groupWeights(*Keyword, *syntax.Statement) { d.group.weights = true }

// finishGroup resolves the members of g. It reports whether the group stands.
func (d *decoder) finishGroup(g *group) bool {
	for _, m := range g.members {
		member := d.instanceNamed[m.word.Text]
		if member == nil {
			x := d.fault("unknown-instance", m.statement.At(m.word), "no vrrp_instance %s; sync group %s goes without it", clip(m.word.Text), g.Name)
			x.Hint = nearestName(m.word.Text, d.instances, func(x *instance) string { return x.Name })
			continue
		}
		g.Members = append(g.Members, m.word.Text)
		member.group = g
	}
	switch len(g.Members) {
	case 0:
		d.fault("sync-group-size", g.statement.Range(), "vrrp_sync_group %s has no instances; keepalived removes it", g.Name)
	case 1:
		d.fault("sync-group-size", g.statement.Range(), "vrrp_sync_group %s has only one instance", g.Name)
	}
	return len(g.Members) > 0
}

// nearestName is the hint for a name that none of things has.
func nearestName[T any](name string, things []T, of func(T) string) string {
	best, limit := "", 4
	for _, t := range things {
		if n := distance(lookalike.Replace(name), lookalike.Replace(of(t)), limit); n < limit {
			best, limit = of(t), n
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}
