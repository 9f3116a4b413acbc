package config

import (
	"slices"

	"github.com/kactl/kactl/pkg/vrrp"
)

// runningVRRP returns the part of s that the daemon runs: no instances that it
// could not run as they are meant, and none of their tracks that it does nothing
// with.
func (t *keywords) runningVRRP(s vrrp.Settings) vrrp.Settings {
	all, groups := s.Instances, s.Groups
	s.Instances, s.Groups = nil, nil
	runs := map[string]bool{}
	for _, x := range all {
		if t.idle(&x) != "" {
			continue
		}
		x.Tracks = append(t.watched(x.Tracks), s.Static.Tracks(x.Name)...)
		s.Instances = append(s.Instances, x)
		runs[x.Name] = true
	}
	if !t.acts("", "vrrp_sync_group") {
		return s
	}
	for _, g := range groups {
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(name string) bool { return !runs[name] })
		g.Tracks = t.watched(g.Tracks)
		s.Groups = append(s.Groups, g)
	}
	return s
}

// keyless is what idle says of an instance that has nothing to verify adverts with.
const keyless = "auth_hmac"

// idle says what keeps the daemon from running an instance; it is empty where
// nothing does.
func (t *keywords) idle(x *vrrp.Instance) string {
	switch {
	case x.HMAC.Keyless:
		return keyless
	}
	return ""
}

// trackKeyword is the keyword of each kind of track.
var trackKeyword = map[vrrp.TrackKind]string{
	vrrp.TrackInterface: "track_interface", vrrp.TrackScript: "track_script", vrrp.TrackFile: "track_file",
	vrrp.TrackProcess: "track_process", vrrp.TrackBFD: "track_bfd",
}

// watched returns the tracks of the kinds that the daemon has a source of values
// for.
func (t *keywords) watched(list []vrrp.Track) (out []vrrp.Track) {
	for _, x := range list {
		if t.acts("", "vrrp_instance", trackKeyword[x.Kind]) {
			out = append(out, x)
		}
	}
	return out
}
