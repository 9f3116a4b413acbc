package health

import (
	"net/netip"
	"time"

	"github.com/kactl/kactl/pkg/command"
)

// HTTPOptions are how HTTP_GET and SSL_GET ask for their URLs.
type HTTPOptions struct {
	// Version is "1.0", "1.1", or "1.0C": 1.0 with "Connection: close".
	Version string
	// FastRecovery asks for the URLs without a pause between them where the
	// server is to come up.
	FastRecovery bool
	// SNI names the server in the TLS handshake: as ServerName, else as the
	// virtual host of the URL, else as ServerHost. Without any of them it sends
	// no name.
	SNI                    bool
	ServerName, ServerHost string
	// TLSCompliant counts a connection that ends without TLS's own
	// close notification as failed.
	TLSCompliant bool
}

// A Regex is what the body of a page must match.
type Regex struct {
	Pattern string
	// NoMatch turns the verdict round.
	NoMatch bool
	// Options are the names of PCRE2's, in lower case: "caseless".
	Options []string
	// MinOffset and MaxOffset are where in the body a match may start, in
	// bytes; a MaxOffset of 0 is no limit.
	MinOffset, MaxOffset int
	// StackStart and StackMax are the sizes of PCRE2's stack in bytes; 0 is its
	// own choice.
	StackStart, StackMax int
}

// A Host is one address that SMTP_CHECK connects to.
type Host struct {
	Target, Bind netip.AddrPort
	// Device and Mark are as in a Check.
	Device string
	Mark   uint32
}

// SMTPOptions are what SMTP_CHECK says and to whom.
type SMTPOptions struct {
	// Helo is the name in HELO.
	Helo string
	// Hosts must all answer. It is empty where the check has one target.
	Hosts []Host
}

// A DNSQuery is the question of DNS_CHECK.
type DNSQuery struct {
	// Type is that of the record in capitals: "SOA".
	Type string
	// Name is the domain, "." for the root.
	Name string
}

// A UDPExchange is what UDP_CHECK sends and what it waits for.
type UDPExchange struct {
	// Payload is what is sent; empty is something random.
	Payload []byte
	// RequireReply makes silence a failure.
	RequireReply bool
	// Reply is what an answer starts with, in those bits that are set in Mask,
	// which is as long.
	Reply, Mask []byte
	// MinReply and MaxReply are the length of an answer in bytes.
	MinReply, MaxReply int
}

// A MiscProgram is the program of MISC_CHECK.
type MiscProgram struct {
	Command *command.Command
	// Timeout bounds a run of it.
	Timeout time.Duration
	// Dynamic takes a weight from exit statuses over 1.
	Dynamic bool
}

// A TrackedFile is the one that FILE_CHECK looks at.
type TrackedFile struct {
	// Name is that of its track_file.
	Name string
	// Weight multiplies the number in the file; nil leaves that to the
	// track_file. Reverse negates the product.
	Weight  *int
	Reverse bool
}
