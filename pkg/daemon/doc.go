// Package daemon is kactl run: it reads the configuration, starts the VRRP and
// the checker side with what it says, and looks after signals, the pid file and
// the log.
//
// For the time being both sides live in one process, each behind a Run that
// takes decoded settings and nothing else: they are to become processes of their
// own, so that a crash of a check costs VRRP nothing.
package daemon
