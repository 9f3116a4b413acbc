package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// group is a vrrp_sync_group that is being read.
type group struct {
	vrrp.SyncGroup
	statement *syntax.Statement
	members   []member
	tracks    []track
}

type member struct {
	statement *syntax.Statement
	word      syntax.Word
}

func groupKeywords() []Keyword {
	return counted(append([]Keyword{
		{Name: "group", Shape: syntax.List, Effect: true, decode: (*decoder).groupMembers,
			Doc: "names of the instances, separated by blanks or lines"},
		{Name: "sync_group_tracking_weight", Effect: true, decode: (*decoder).groupWeights,
			Doc: "let members keep the weights of what they track"},
		{Name: "smtp_alert", Args: "[BOOL]", Default: "smtp_alert_vrrp", Effect: true, Doc: "send mails about this group",
			decode: func(d *decoder, k *Keyword, s *syntax.Statement) { d.option(k, s, &d.group.SMTPAlert) }},
		{Name: "notify_priority_changes", Args: "[BOOL]", Default: "vrrp_notify_priority_changes", Effect: true, decode: (*decoder).groupNotifyPriority,
			Doc: "write changes of the priority of its members to FIFOs"},
		{Name: "global_tracking", Effect: true, decode: func(d *decoder, _ *Keyword, s *syntax.Statement) {
			d.fault("deprecated", s.AtName(), "global_tracking is deprecated; keepalived ignores it").Hint = "write track_interface, track_script or track_file in the group"
		}, Doc: "deprecated: every member depends on its own tracks and on those of the group, with it or without"},
	}, slices.Concat(
		trackKeywords(func(d *decoder) *[]track { return &d.group.tracks }, vrrp.TrackInterface, vrrp.TrackScript, vrrp.TrackFile, vrrp.TrackProcess),
		notifyKeywords(func(d *decoder) *vrrp.Notify { return &d.group.Notify }))...))
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

func (d *decoder) groupWeights(*Keyword, *syntax.Statement) { d.group.Weights = true }

func (d *decoder) groupNotifyPriority(k *Keyword, s *syntax.Statement) {
	if b, ok := d.boolean(k, s); ok {
		d.group.NotifyPriority = b
	}
}

// finishGroup resolves the members of g. It reports whether the group stands.
func (d *decoder) finishGroup(g *group) bool {
	inside := map[string]bool{}
	for _, m := range g.members {
		inside[m.word.Text] = true
	}
	for _, m := range g.members {
		member := d.instanceNamed[m.word.Text]
		if member == nil {
			x := d.fault("unknown-instance", m.statement.At(m.word), "no vrrp_instance %s; sync group %s goes without it", clip(m.word.Text), g.Name)
			x.Hint = nearestName(d, m.word.Text, d.instances, func(x *instance) string {
				if inside[x.Name] {
					return ""
				}
				return x.Name
			})
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
	d.finishGroupTracks(g)
	return len(g.Members) > 0
}

// finishGroupTracks keeps what the group can track. An interface that is that of
// a member is tracked without the group.
func (d *decoder) finishGroupTracks(g *group) {
	for _, t := range g.tracks {
		if t.Kind == vrrp.TrackScript && d.scriptNamed[t.Name].disabled || t.Kind == vrrp.TrackBFD && !d.runsBFD(t.Name) {
			continue
		}
		g.Tracks = append(g.Tracks, t.Track)
		for _, name := range g.Members {
			if x := d.instanceNamed[name]; t.Kind == vrrp.TrackInterface && t.Name == x.Interface {
				d.fault("track-interface", t.line.AtName(), "%s is the interface of %s already", clip(t.Name), clip(name)).Hint = "remove it from the group"
				break
			}
		}
	}
}
