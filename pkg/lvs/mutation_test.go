package lvs_test

import (
	"testing"

	"github.com/kactl/kactl/test/mutation"
)

// TestBalancerMutations breaks the Balancer and the table that it wants in every
// way that the mutator knows: each mutant must fail a test.
func TestBalancerMutations(t *testing.T) {
	mutation.Campaign{
		Files: []string{"balancer.go", "verdict.go", "reload.go", "desired.go", "view.go"},
		Tests: "^(TestBalancer.*|TestDesired.*)$",
		Flags: []string{"-test.skip=Mutations", "-histories=20"},
		Least: 60,
	}.Run(t)
}
