package config

import (
	"net/netip"
	"time"
)

// Global is what global_defs and the top level hold, and no other settings do.
type Global struct {
	// RouterID names this machine (router_id). Empty is the host name.
	RouterID string
	// DefaultInterface is where static addresses go, and those of instances without
	// an interface (default_interface).
	DefaultInterface string
	// ScriptUser and ScriptGroup are the identity of scripts that name none
	// (script_user). An empty user is that of the daemon.
	ScriptUser, ScriptGroup string
	// ScriptSecurity refuses scripts that a user other than root can replace
	// (enable_script_security).
	ScriptSecurity bool
	// ProcessName is that of the main process, empty for the program's.
	ProcessName string
	// VRRPProcess is how the kernel treats VRRP, CheckerProcess how it treats
	// the checks, BFDProcess how it treats BFD.
	VRRPProcess, CheckerProcess, BFDProcess Process
	AutoPriority                            AutoPriority
	// Mail is who is told of state changes, and through which server.
	Mail Mail
	// FIFOs are the pipes that state changes are written to.
	FIFOs FIFOs
	SNMP  SNMP
	DBus  DBus
	// Identity tells this daemon from others on the machine.
	Identity Identity
	// Startup runs before all else, Shutdown after all else.
	Startup, Shutdown Hook
	// StartupDelay and BootDelay are how long after the start of the daemon and
	// the boot of the machine instances begin to run.
	StartupDelay, BootDelay time.Duration
	Reload                  Reload
	Files                   Files
	Interfaces              Interfaces
	Firewall                Firewall
	IPVS                    IPVS
	VRRP                    GlobalVRRP
	SSL                     SSL
	Buffers                 Buffers
	RxBuffers               RxBuffers
	Logging                 Logging
}

// GlobalVRRP is what holds for all instances, and none can say for itself.
type GlobalVRRP struct {
	// Group4 and Group6 are the multicast groups of adverts.
	Group4, Group6 netip.Addr
	// ARPInterval and NAInterval are the pauses between two announcements on
	// an interface.
	ARPInterval, NAInterval time.Duration
	// Strict keeps to the RFC (vrrp_strict).
	Strict bool
	// OwnerIgnores has the owner of the addresses ignore adverts of others
	// (vrrp_owner_ignore_adverts).
	OwnerIgnores bool
}

// Logging is what is logged besides the usual.
type Logging struct {
	// UnknownIDs are adverts of routers that are not configured
	// (log_unknown_vrids).
	UnknownIDs bool
	// AllFailures are the failures of checks that are tried again
	// (checker_log_all_failures).
	AllFailures bool
}

// defaultGlobal holds the defaults of keepalived, but for what depends on what
// else is said.
func defaultGlobal() Global {
	p := Process{RealTimeLimit: 10 * time.Millisecond}
	hook := Hook{Timeout: 10 * time.Second}
	return Global{
		VRRPProcess: p, CheckerProcess: p, BFDProcess: p,
		AutoPriority: AutoPriority{Delay: time.Second},
		SNMP:         SNMP{ServiceInterval: 5 * time.Second},
		Identity:     Identity{ChildWait: 5 * time.Second},
		Startup:      hook, Shutdown: hook,
		Files:     Files{Umask: 0o177, JSONVersion: 1},
		Firewall:  Firewall{VRRP: FirewallTable{Priority: -1}, IPVS: FirewallTable{Priority: -1}, FirstMark: 1000},
		VRRP:      GlobalVRRP{Group6: netip.MustParseAddr("ff02::12")},
		RxBuffers: RxBuffers{Multiplier: 3},
	}
}

// finishGlobal fills in what follows from the rest.
func (d *decoder) finishGlobal() {
	g := &d.config.Global
	fillString(&g.DefaultInterface, "eth0")
	fillString(&g.SNMP.Socket, "unix:/var/agentx/master")
	fillString(&g.DBus.Service, "org.keepalived.Vrrp1")
	fillString(&g.Interfaces.Prefix, "vrrp")
	fillString(&g.Interfaces.AddressPrefix, g.Interfaces.Prefix)
	if g.SNMP.RealInterval == 0 {
		g.SNMP.RealInterval = g.SNMP.ServiceInterval
	}
	g.VRRP.Group4, g.VRRP.ARPInterval, g.VRRP.Strict = d.globals.group, d.globals.garpInterval, d.globals.strict
	d.finishMail()
	d.runFIFOScripts()
}
