// Package iproute has the addresses, routes and rules that a configuration asks
// for, as values: what ip-address(8), ip-route(8) and ip-rule(8) would add. It
// adds nothing itself.
package iproute

// Protocol marks the routes and rules that are ours (RTPROT_KEEPALIVED).
const Protocol = 18
