package vrrp_test

import (
	"testing"

	"github.com/kactl/kactl/test/mutation"
)

// TestMutations breaks the machine in every way that it knows, one at a time, and
// runs the scenarios on it: each mutant must fail one. All of them are compiled
// into one test binary; a variable in its environment says which one lives.
func TestMutations(t *testing.T) {
	mutation.Campaign{
		Least: 100,
		Files: []string{"machine.go", "receive.go", "timers.go", "timeout.go", "priority.go", "validate.go", "bound.go", "impaired.go", "listen.go", "room.go"},
		Tests: "^(TestScenarios|TestRouterScenarios)$",
		Equivalent: map[string]string{
			"timers.go: at the limit: lead < d": "a backup that listens from the moment that it takes over does not listen",
		},
	}.Run(t)
}

// TestAuthenticationMutations does the same to what verifies adverts.
func TestAuthenticationMutations(t *testing.T) {
	mutation.Campaign{
		Least: 60,
		Files: []string{"authenticate.go", "stamps.go", "ah_signer.go", "ah.go", "hmac_trailer.go"},
		Tests: "^(TestRouterScenarios|TestStamps|TestStampsTakenBack|TestManySenders|TestNextStamp|TestStamp|TestAuthHeader|TestAH.*|TestWithin|TestSignature.*)$",
		Equivalent: map[string]string{
			"hmac_trailer.go: at the limit: len(b) < headerLen": "a message as short has no trailer",
		},
	}.Run(t)
}

// TestRouterMutations does the same to the router.
func TestRouterMutations(t *testing.T) {
	mutation.Campaign{
		Least:      100,
		Flags:      []string{"-histories=60", "-failures=1", "-shrink=false"},
		Files:      []string{"router.go", "member.go", "groups.go", "membership.go", "interfaces.go", "sockets.go", "tracks.go", "reload.go"},
		Tests:      "^(TestRouterScenarios|TestRouterForgets|TestRouterGroups|TestRouterSeesMembers|TestSimulation)$",
		Equivalent: map[string]string{},
	}.Run(t)
}
