package config

import (
	"github.com/kactl/kactl/pkg/bfd"
	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/lvs"
	"github.com/kactl/kactl/pkg/syntax"
	"github.com/kactl/kactl/pkg/vrrp"
)

// Config is a decoded configuration, with every default filled in.
type Config struct {
	Global Global
	VRRP   vrrp.Settings
	LVS    lvs.Settings
	BFD    bfd.Settings
	Links  Links
}

// Options are what [Load] works with.
type Options struct {
	// Files is where files are read from. Nil is [syntax.OS].
	Files syntax.Files
	// Host answers what the validity of a file hangs on besides its text. Nil
	// leaves out those checks.
	Host Host
	// Policy is how to go on behind a mistake.
	Policy syntax.Policy
	// ConfigID is what lines that start with @ are compared with. Empty is the
	// first part of the host name.
	ConfigID string
	// ShowSecrets leaves passwords and keys in what the findings say.
	ShowSecrets bool
}

// Host is the machine that a configuration is for.
type Host interface {
	// InterfaceExists reports whether there is a network interface of that name.
	InterfaceExists(name string) bool
	// IsLoopback reports whether the interface of that name is a loopback.
	IsLoopback(name string) bool
	// CPUs is how many processors there are.
	CPUs() int
	// UserExists reports whether there is a user of that name and, unless group
	// is empty, such a group. Both may be numbers.
	UserExists(user, group string) bool
	// CheckScript reports whether cmd can be run. Its error is, or wraps,
	// [ErrScriptNotFound], [ErrScriptNotExecutable] or, where security is set
	// or the path is no file at all, [ErrScriptInsecure].
	CheckScript(cmd command.Command, security bool) error
}

// Status is the class that the exit status of keepalived -t names.
type Status int

// The classes. A file that is not there, is empty or is not a file is fine.
const (
	OK Status = 0
	// MissingValue is a keyword without the value that it must have. keepalived
	// stops reading there.
	MissingValue Status = 2
	// Doubtful is that an interface is missing that nothing but a delay or
	// polling is configured for.
	Doubtful Status = 4
	// Faulty is anything else that keepalived refuses or ignores.
	Faulty Status = 5
	// Insecure are scripts that run while script security is off. It hides
	// Faulty. An include that finds less than include_check demands has the same
	// status, and hides MissingValue too.
	Insecure Status = 6
)

// Result is what [Load] made of a file.
type Result struct {
	// Config is never nil.
	Config *Config
	// Diagnostics are ordered by place. An Error is something that keepalived
	// refuses, drops or ignores.
	Diagnostics []diag.Diagnostic
	Status      Status
	// Files are the files that were read, in order. If there is none, no file
	// was at the path: keepalived -t finds that fine, the daemon exits.
	Files []string
	// Tree is the text that the settings come from, its included files in place.
	Tree *syntax.Tree
	// Fatal says that keepalived's daemon would not run on this: its VRRP
	// process exits for a missing value, interface or virtual router id, and
	// for two instances that share one.
	Fatal bool

	places places
}

// At returns where a thing was configured: a block by keyword and name
// ("vrrp_instance", "VI_1"), a keyword in it by its own name besides
// ("vrrp_instance", "VI_1", "priority"), a line of a list by its first word
// besides ("vrrp_instance", "VI_1", "virtual_ipaddress", "192.0.2.1/24"). A
// virtual_server is called as its address and port print, or "fwmark 5", or
// "group NAME", and a real_server as its address and port. The zero Range is not
// configured. At is not safe for concurrent use.
func (r *Result) At(path ...string) diag.Range { return r.places.at(path) }
