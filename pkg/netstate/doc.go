// Package netstate puts on interfaces what its owners want there, and takes off
// what they do not: the addresses of virtual routers, and announces them. One
// path serves all: at the start, when a router takes over, after a reload, when
// somebody else removed an address, and at the end, the difference between what
// should be there and what is known to be there is applied, and nothing else.
//
// Each interface has a goroutine of its own: five hundred addresses on one must
// not delay those of another, or an advert. Nothing but Close and Known blocks.
package netstate
