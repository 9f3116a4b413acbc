package config

import (
	"bufio"
	"io"
	"strings"
)

// routeNames are what iproute2 calls numbers by, on every machine. Others are in
// its files.
var routeNames = map[string]map[string]uint32{
	"rt_tables":  {"unspec": 0, "default": 253, "main": 254, "local": 255},
	"rt_scopes":  {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255},
	"rt_realms":  {"cosmos": 0},
	"rt_dsfield": {},
	"group":      {"default": 0},
	"rt_protos": {
		"unspec": 0, "redirect": 1, "kernel": 2, "boot": 3, "static": 4, "gated": 8, "ra": 9, "mrt": 10, "zebra": 11, "bird": 12,
		"dnrouted": 13, "xorp": 14, "ntk": 15, "dhcp": 16, "keepalived": 18, "babel": 42, "bgp": 186, "isis": 187, "ospf": 188,
		"rip": 189, "eigrp": 192,
	},
}

// routeName reads a number, or a name of the file called kind under
// /etc/iproute2. Without a host any name will do.
func (d *decoder) routeName(kind, text string, most uint64) (uint32, bool) {
	n, ok := cNumber(text, most)
	if !ok && kind == "rt_tables" {
		// keepalived takes any number, with a sign too, and keeps 32 bits of it.
		n, ok = cNumber(strings.TrimLeft(text[:min(1, len(text))], "+-")+text[min(1, len(text)):], 1<<64-1)
		if strings.HasPrefix(text, "-") {
			n = -n
		}
	}
	if ok {
		return uint32(n), true
	}
	if n, ok := routeNames[kind][text]; ok {
		return n, true
	}
	if d.host == nil {
		return 0, text != ""
	}
	for _, dir := range []string{"/etc/iproute2/", "/usr/share/iproute2/"} {
		if n, ok := d.nameInFile(dir+kind, text, most); ok {
			return n, true
		}
	}
	return 0, false
}

// nameInFile looks a name up in a file of lines "NUMBER NAME".
func (d *decoder) nameInFile(path, name string, most uint64) (uint32, bool) {
	if d.files == nil {
		return 0, false
	}
	f, err := d.files.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close()
	const enough = 1 << 20
	for s := bufio.NewScanner(io.LimitReader(f, enough)); s.Scan(); {
		words := strings.Fields(s.Text())
		if len(words) < 2 || words[1] != name {
			continue
		}
		if n, ok := cNumber(words[0], most); ok {
			return uint32(n), true
		}
	}
	return 0, false
}
