// Package tshark compares what kactl watch reads of a capture with what tshark
// does.
package tshark

import (
	"bytes"
	"net/netip"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kactl/kactl/test/need"
)

// An Advert is what tshark tells of one.
type Advert struct {
	Frame               int // its number in the file, the first is 1
	Source, Destination netip.Addr
	TTL                 uint8
	MAC                 string
	VLANs               []uint16

	Version, VRID, Priority uint8
	Interval                time.Duration
	AuthType                uint8 // 0 with version 3
	Count                   int   // of addresses, by the header
	Addresses               []netip.Addr
	// Checksum says that it is right, which tshark is not always: over IPv4 it
	// wants a pseudo-header, and takes a signature for a part of the message.
	Checksum bool
}

// fields are what tshark is asked for, in the order in which parse reads them.
var fields = []string{
	"frame.number", "ip.src", "ip.dst", "ip.ttl", "ipv6.src", "ipv6.dst", "ipv6.hlim", "eth.src", "vlan.id",
	"vrrp.version", "vrrp.virt_rtr_id", "vrrp.prio", "vrrp.adver_int", "vrrp.short_adver_int",
	"vrrp.auth_type", "vrrp.addr_count", "vrrp.ip_addr", "vrrp.ipv6_addr", "vrrp.checksum.status",
}

// Adverts reads a capture file with tshark. Without tshark the test is skipped
// or fails.
func Adverts(t testing.TB, path string) []Advert {
	t.Helper()
	program, err := exec.LookPath("tshark")
	if err != nil {
		need.Missing(t, "%v: apt-get install tshark", err)
	}
	args := []string{"-n", "-r", path, "-Y", "vrrp", "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command(program, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, &stderr)
	}
	var adverts []Advert
	for line := range strings.Lines(string(out)) {
		values := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(values) != len(fields) {
			t.Fatalf("tshark says %q, %d fields were asked for", line, len(fields))
		}
		adverts = append(adverts, parse(t, values))
	}
	return adverts
}

// parse reads the values of the fields.
func parse(t testing.TB, values []string) Advert {
	t.Helper()
	number := func(text string) int {
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("tshark says %q: %v", values, err)
		}
		return n
	}
	var a Advert
	for i, v := range values {
		list := strings.Split(v, ",")
		if v == "" {
			continue
		}
		switch fields[i] {
		case "frame.number":
			a.Frame = number(v)
		case "ip.src", "ipv6.src":
			a.Source = netip.MustParseAddr(v)
		case "ip.dst", "ipv6.dst":
			a.Destination = netip.MustParseAddr(v)
		case "ip.ttl", "ipv6.hlim":
			a.TTL = uint8(number(v))
		case "eth.src":
			a.MAC = v
		case "vlan.id":
			for _, id := range list {
				a.VLANs = append(a.VLANs, uint16(number(id)))
			}
		case "vrrp.version":
			a.Version = uint8(number(v))
		case "vrrp.virt_rtr_id":
			a.VRID = uint8(number(v))
		case "vrrp.prio":
			a.Priority = uint8(number(v))
		case "vrrp.adver_int":
			a.Interval = time.Duration(number(v)) * time.Second
		case "vrrp.short_adver_int":
			a.Interval = time.Duration(number(v)) * 10 * time.Millisecond
		case "vrrp.auth_type":
			a.AuthType = uint8(number(v))
		case "vrrp.addr_count":
			a.Count = number(v)
		case "vrrp.ip_addr", "vrrp.ipv6_addr":
			for _, addr := range list {
				a.Addresses = append(a.Addresses, netip.MustParseAddr(addr))
			}
		case "vrrp.checksum.status":
			a.Checksum = v == "1"
		}
	}
	return a
}
