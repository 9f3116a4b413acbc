// Package netio is the traffic of a virtual router: raw sockets for VRRP
// adverts, the sender of gratuitous ARP, and for those who look on the capture
// of both, from interfaces and from files. What is in an advert it does not
// know; package vrrp does.
//
// Sockets belong to the network namespace of the thread that opened them,
// whatever thread uses them later.
package netio
