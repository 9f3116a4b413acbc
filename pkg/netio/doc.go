// Package netio is the traffic of a virtual router: raw sockets for VRRP
// adverts and the sender of gratuitous ARP. What is in an advert it does not
// know; package vrrp does.
//
// Sockets belong to the network namespace of the thread that opened them,
// whatever thread uses them later.
package netio
