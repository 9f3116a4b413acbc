package rssetup

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestParseVIP(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.16":    "203.0.113.16/32",
		"203.0.113.16/24": "203.0.113.16/24",
		"2001:db8::16":    "2001:db8::16/128",
		"2001:DB8::16/64": "2001:db8::16/64",
	} {
		if got, err := ParseVIP(text); err != nil || got.String() != want {
			t.Errorf("%s: %v, %v, want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                    "is no address",
		"web":                 "is no address",
		"203.0.113.16/33":     "is no address",
		"203.0.113.16:80":     "is no address",
		"203.0.113":           "is no address",
		"127.0.0.2":           "cannot be a virtual address",
		"::1":                 "cannot be a virtual address",
		"0.0.0.0":             "cannot be a virtual address",
		"224.0.0.18":          "cannot be a virtual address",
		"ff02::12":            "cannot be a virtual address",
		"255.255.255.255":     "cannot be a virtual address",
		"203.0.113.16/0":      "cannot be a virtual address",
		"fe80::1":             "link-local",
		"fe80::1%eth0":        "link-local",
		"169.254.0.1":         "link-local",
		"::ffff:203.0.113.16": "write 203.0.113.16",
	} {
		if got, err := ParseVIP(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want %q", text, got, err, want)
		}
	}
}

func TestNewTarget(t *testing.T) {
	v4, v6 := netip.MustParsePrefix("203.0.113.16/32"), netip.MustParsePrefix("2001:db8::16/128")
	tests := []struct {
		vip           netip.Prefix
		mode          Mode
		device, label string
		want          Target
		refused       bool
	}{
		{vip: v4, mode: DR, want: Target{Device: "lo"}},
		{vip: v4, mode: TUN, want: Target{Device: "tunl0"}},
		{vip: v6, mode: DR, want: Target{Device: "lo"}},
		{vip: v6, mode: TUN, want: Target{Device: "ip6tnl0"}},
		{vip: v4, mode: DR, device: "dummy0", want: Target{Device: "dummy0"}},
		{vip: v4, mode: DR, label: "lo:1", want: Target{Device: "lo", Label: "lo:1"}},
		{vip: v6, mode: DR, label: "lo:1", want: Target{Device: "lo"}},
		{vip: v4, mode: TUN, label: "lo:1", refused: true},
		{vip: v4, mode: DR, label: "eth0:1", refused: true},
		{vip: v4, mode: DR, label: "lo:3456789012345", refused: true},
		{vip: v4, mode: DR, label: "lo: 1", refused: true},
		{vip: v4, mode: DR, label: "lo:x;id", refused: true},
	}
	for _, tt := range tests {
		tt.want.VIP, tt.want.Mode = tt.vip, tt.mode
		got, err := NewTarget(tt.vip, tt.mode, tt.device, tt.label)
		if (err != nil) != tt.refused || err == nil && got != tt.want {
			t.Errorf("%v %s %q %q: %+v, %v", tt.vip, tt.mode, tt.device, tt.label, got, err)
		}
	}
}

func TestOnce(t *testing.T) {
	if err := Once(dr("203.0.113.16/32", "203.0.113.17/32", "2001:db8::16/128")); err != nil {
		t.Error(err)
	}
	for _, list := range [][]Target{
		dr("203.0.113.16/32", "203.0.113.16/32"),
		dr("203.0.113.16/32", "203.0.113.16/24"),
		append(dr("203.0.113.16/32"), tun("203.0.113.16/32")...),
	} {
		if err := Once(list); !errors.Is(err, ErrTwice) || !strings.Contains(err.Error(), "203.0.113.16") {
			t.Errorf("%v: %v", list, err)
		}
	}
}
