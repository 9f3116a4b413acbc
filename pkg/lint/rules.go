package lint

import "slices"

// Rules returns the registry: first what the language finds, then the rules of
// this package, those about one file before those about several.
func Rules() []*Rule {
	return slices.Concat(languageRules, nodeRules, serviceRules, hostRules, clusterRules)
}

// Lookup returns the rule called name.
func Lookup(name string) (*Rule, bool) {
	for _, r := range Rules() {
		if r.Name == name {
			return r, true
		}
	}
	return nil, false
}

// The registry, a slice for each subject.
var (
	// nodeRules look at the VRRP, the scripts and the globals of one file.
	nodeRules = []*Rule{
		strictUnicast, vipDrops,
		unusableAddress, vipMask, vipNetwork, vipTwice,
		multicastGroup, unicastSelf, unicastStrangers, authDefault,
		nopreemptWeight, weightClamped,
		scriptShell, scriptRelative, scriptPrints, scriptStops, scriptUser, scriptKillall,
	}
	// serviceRules look at its virtual servers.
	serviceRules = []*Rule{
		serviceAddress, serviceNoCheck, serviceCheckPort, serviceSorry, serviceQuorum, serviceOPS,
	}
	// hostRules ask the machine.
	hostRules = []*Rule{
		hostFirewall, hostSource, hostOwnAddress, hostScript, hostInterpreter, hostForwarding, hostNonlocalBind, hostARP, hostModule, hostStickyClients,
	}
	// clusterRules compare nodes.
	clusterRules = []*Rule{
		clusterPriority, clusterState, clusterVRID, clusterVersion, clusterAdvertInterval, clusterAuthentication, clusterHMAC,
		clusterChecksum, clusterAddresses, clusterUnicast, clusterMulticastGroup, clusterWeight, clusterNoPreempt,
		clusterRouterID, clusterServices,
	}
)
