// Package daemon is kactl run: it reads the configuration, starts the VRRP and
// the checker side with what it says, and looks after signals, the pid file and
// the log.
package daemon
