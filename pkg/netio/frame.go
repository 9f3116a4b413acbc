package netio

import "time"

// A Frame is one captured frame, from an interface or a file. What its Data
// shows belongs to where it came from, and is good until the next frame is asked
// for.
type Frame struct {
	// Time is when the kernel saw it; zero where a file does not tell.
	Time time.Time
	// Interface is the name of where it was captured, empty where a file does
	// not tell.
	Interface string
	Link      LinkType
	// Data is the frame with its link-layer header, VLAN tags included.
	Data []byte
	// Length is how long it was on the wire, in bytes: more than len(Data)
	// where the capture kept the beginning alone.
	Length int
}

// LinkType says what link-layer header a frame has. The numbers are those of
// capture files (https://www.tcpdump.org/linktypes.html).
type LinkType uint32

// The link types that adverts are found on.
const (
	LinkNull     LinkType = 0 // of BSD: the address family, in the byte order of the machine
	LinkEthernet LinkType = 1
	LinkRaw      LinkType = 101 // none: an IP header comes first
	LinkLoop     LinkType = 108 // of OpenBSD: the address family, in network order
	LinkSLL      LinkType = 113 // of Linux, instead of any other header
	LinkIPv4     LinkType = 228
	LinkIPv6     LinkType = 229
	LinkSLL2     LinkType = 276

	// LinkRaw12 and LinkRaw14 are LinkRaw as some systems have numbered it.
	LinkRaw12 LinkType = 12
	LinkRaw14 LinkType = 14
)
