// Package health decides, from the results of single probes, whether a thing
// is up. It has no clock and does no input or output: results and times come in
// as arguments, what to do next goes out as a value.
package health

import (
	"net/netip"
	"time"
)

// Kind names a check of a real server.
type Kind uint8

// The checks. Package probe says which of them it runs.
const (
	TCP  Kind = iota + 1 // TCP_CHECK
	HTTP                 // HTTP_GET
	SSL                  // SSL_GET
	SMTP                 // SMTP_CHECK
	DNS                  // DNS_CHECK
	UDP                  // UDP_CHECK
	Ping                 // PING_CHECK
	Misc                 // MISC_CHECK
	BFD                  // BFD_CHECK
	File                 // FILE_CHECK
)

var kinds = [...]string{
	TCP: "TCP_CHECK", HTTP: "HTTP_GET", SSL: "SSL_GET", SMTP: "SMTP_CHECK", DNS: "DNS_CHECK", UDP: "UDP_CHECK",
	Ping: "PING_CHECK", Misc: "MISC_CHECK", BFD: "BFD_CHECK", File: "FILE_CHECK",
}

// String returns the keyword of the check.
func (k Kind) String() string {
	if int(k) < len(kinds) && k > 0 {
		return kinds[k]
	}
	return "unknown check"
}

// A Check is one configured check of a real server, every default filled in.
type Check struct {
	Kind Kind
	// Target is where to connect: the real server, or connect_ip and
	// connect_port.
	Target netip.AddrPort
	// Bind is the source address and port of the probe; the zero address and
	// port 0 leave the choice to the kernel.
	Bind netip.AddrPort
	// Interval is the time between two checks (delay_loop), and RetryDelay
	// that after a failure which is not yet final (delay_before_retry).
	Interval, RetryDelay time.Duration
	// Retries is how many times a failed check is tried again before the real
	// server counts as down.
	Retries int
	// Timeout bounds each connection and each wait for data (connect_timeout).
	Timeout time.Duration
	// Warmup is the most that the first check is put off (warmup).
	Warmup time.Duration
	// URLs are what an HTTP check asks for, in this order, all of them.
	URLs []URL
	// VirtualHost is the Host header for URLs that name none.
	VirtualHost string

	// Mark is the firewall mark of what is sent (fwmark); 0 is none.
	Mark uint32
	// Device is the interface to connect through (bind_if); empty is that of the
	// route.
	Device string
	// Alpha makes the server down until the check succeeded.
	Alpha bool
	// LogAllFailures logs the failures of a server that is still up.
	LogAllFailures bool

	// What only one kind has; nil, and empty, for the others.
	HTTP *HTTPOptions
	SMTP *SMTPOptions
	DNS  *DNSQuery
	UDP  *UDPExchange
	Misc *MiscProgram
	File *TrackedFile
	BFD  string // name of the bfd_instance
}

// A URL is one page of an HTTP check.
type URL struct {
	Path string
	// Digest is the MD5 sum of the body in lower-case hexadecimal, or empty.
	Digest string
	// Statuses are the accepted codes; none are 200 to 299, whether there is a
	// digest or not.
	Statuses []StatusRange
	// VirtualHost is the Host header, or empty.
	VirtualHost string
	// Regex is what the body must match besides; nil is anything.
	Regex *Regex
	// TLSCompliant is as in HTTPOptions, for this page.
	TLSCompliant bool
}

// A StatusRange is a range of HTTP status codes, both ends included.
type StatusRange struct{ First, Last int }
