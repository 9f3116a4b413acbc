// Package rssetup makes this machine a real server of an LVS director, and takes
// that back: it puts the virtual addresses where no neighbour sees them, and keeps
// the machine from answering ARP for them.
//
// What has to be is a list of settings, what has to change a list of steps, each
// with the value from before. A journal on disk has those values before anything
// changes, so that Undo restores them whatever happened in between: a crash, or
// further runs for other addresses.
//
// For IPv4 the addresses need help to keep still: a Linux answers ARP on any
// interface for an address that it has on another one. For IPv6 they do not: it
// answers neighbour solicitations only for addresses of the interface that they
// come in by, and gives only those as its own.
package rssetup
