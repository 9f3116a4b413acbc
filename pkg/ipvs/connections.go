package ipvs

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"
)

// Connections calls f with each entry of the table of connections, in the
// kernel's order, until f fails. There may be millions.
func (h *Handle) Connections(f func(Connection) error) error {
	file, err := h.openProc("ip_vs_conn")
	if err != nil {
		return fmt.Errorf("read IPVS connections: %w", err)
	}
	defer file.Close()
	return parseConnections(file, f)
}

func parseConnections(r io.Reader, f func(Connection) error) error {
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Bytes()
		if bytes.HasPrefix(line, []byte("Pro ")) {
			continue
		}
		c, err := parseConnection(line)
		if err != nil {
			return fmt.Errorf("/proc/net/ip_vs_conn: %w: %q", errProc, line)
		}
		if err := f(c); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read IPVS connections: %w", err)
	}
	return nil
}

// parseConnection reads a line such as
// "TCP C0000201 C350 C6336401 0050 0A000001 0050 ESTABLISHED     897 sip 4711".
func parseConnection(line []byte) (c Connection, err error) {
	word := func() (field []byte) {
		field, line = cutField(line)
		return field
	}
	c.Protocol = string(word())
	for _, to := range []*netip.AddrPort{&c.Client, &c.Virtual, &c.Address} {
		addr := word()
		if *to, err = parseHexAddr(addr, word()); err != nil {
			return c, err
		}
	}
	c.State = string(word())
	seconds, err := strconv.ParseUint(string(word()), 10, 32)
	if err != nil {
		return c, err
	}
	c.Expires = time.Duration(seconds) * time.Second
	c.Engine, c.EngineData = string(word()), string(bytes.TrimSpace(line))
	return c, nil
}
