package vrrp

import "slices"

// A trackValue is the last value of something that is tracked: for a file the
// number in it, for all else 0 if it is down.
type trackValue struct {
	kind  TrackKind
	name  string
	value int
}

// trackReported takes note of the value of a tracked thing.
func (r *Router) trackReported(now Time, ev *RouterEvent, out []Effect) []Effect {
	n := slices.IndexFunc(r.tracks, func(t trackValue) bool { return t.kind == ev.Track && t.name == ev.Name })
	if n < 0 {
		n = len(r.tracks)
		r.tracks = append(r.tracks, trackValue{kind: ev.Track, name: ev.Name})
	}
	r.tracks[n].value = ev.Value
	for _, m := range r.members {
		out = r.tellTracks(m, ev.Track, ev.Name, now, out)
	}
	return out
}

// tellTracks gives a member the value of a thing, if it tracks it.
func (r *Router) tellTracks(m *member, kind TrackKind, name string, now Time, out []Effect) []Effect {
	for n, t := range m.run.Tracks {
		if t.Kind != kind || t.Name != name {
			continue
		}
		if value, known := r.valueOf(t); known {
			out = r.step(m, now, Event{Kind: TrackChanged, Track: n, Value: value}, out)
		}
	}
	return out
}

// valueOf returns the value of what is tracked, if it is known.
func (r *Router) valueOf(t Track) (value int, known bool) {
	if t.Kind == TrackInterface {
		if f := r.called[t.Name]; f != nil && f.Up {
			return 1, true
		}
		return 0, true
	}
	for _, v := range r.tracks {
		if v.kind == t.Kind && v.name == t.Name {
			return v.value, true
		}
	}
	return 0, false
}

// forgetTracks drops the values of what is no longer configured.
func (r *Router) forgetTracks() {
	r.tracks = slices.DeleteFunc(r.tracks, func(t trackValue) bool {
		switch t.kind {
		case TrackScript:
			return !slices.ContainsFunc(r.settings.Scripts, func(s Script) bool { return s.Name == t.name })
		case TrackFile:
			return !slices.ContainsFunc(r.settings.Files, func(f File) bool { return f.Name == t.name })
		case TrackProcess:
			return !slices.ContainsFunc(r.settings.Processes, func(p Process) bool { return p.Name == t.name })
		}
		return false
	})
}

// Ways returns what routes the instances depend on, each once.
func (r *Router) Ways() (ways []Way) {
	seen := map[Way]bool{}
	for _, m := range r.members {
		for _, p := range m.cfg.Peers {
			if w := (Way{m.iface.Index, p.Addr}); m.iface.exists && m.iface.Up && !seen[w] {
				seen[w] = true
				ways = append(ways, w)
			}
		}
	}
	return ways
}

// routesReported takes note of the ways that lead to no peer.
func (r *Router) routesReported(now Time, blocked []Way, out []Effect) []Effect {
	for _, m := range r.members {
		unrouted := m.unicast()
		for _, p := range m.cfg.Peers {
			unrouted = unrouted && m.iface.exists && slices.Contains(blocked, Way{m.iface.Index, p.Addr})
		}
		if unrouted != m.unrouted {
			m.unrouted = unrouted
			out = r.step(m, now, Event{Kind: RouteChanged, Up: !unrouted}, out)
		}
	}
	return out
}
