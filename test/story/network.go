package story

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kactl/kactl/test/lab"
)

// commands are all that a story can say.
var commands = map[string]command{
	"host":    {2, "NAME INTERFACE[@SEGMENT] [ADDRESS/LEN...]", (*story).addHost},
	"route":   {3, "HOST PREFIX GATEWAY", func(s *story, w []string) { s.host(w[0]).Route(w[1], s.addr(w[2]), "") }},
	"sysctl":  {3, "HOST NAME VALUE", func(s *story, w []string) { s.host(w[0]).Sysctl(w[1], w[2]) }},
	"cut":     {1, "HOST [INTERFACE]", (*story).cut},
	"heal":    {1, "HOST", func(s *story, w []string) { s.event(); s.host(w[0]).Heal() }},
	"process": {3, "HOST NAME PIDFILE", (*story).startProcess},
	"end":     {2, "HOST NAME", (*story).endProcess},

	"start":   {2, "HOST FILE [CAPABILITY,...]", (*story).start},
	"stop":    {1, "HOST", (*story).stop},
	"kill":    {1, "HOST", func(s *story, w []string) { s.event(); s.director(w[0]).Kill() }},
	"restart": {1, "HOST", func(s *story, w []string) { s.event(); s.director(w[0]).Restart() }},
	"owner":   {3, "ADDRESS HOST LIMIT", (*story).owner},
	"keeps":   {3, "ADDRESS HOST TIME", (*story).keeps},
	"nobody":  {2, "ADDRESS LIMIT", (*story).nobody},
	"log":     {3, "HOST LIMIT TEXT", (*story).log},
	"write":   {2, "HOST FILE [TEXT]", (*story).write},
	"remove":  {2, "HOST FILE", (*story).remove},
	"says":    {4, "HOST FILE LIMIT TEXT", (*story).says},

	"serve":   {2, "HOST PORT", (*story).serve},
	"unserve": {2, "HOST PORT", func(s *story, w []string) { s.event(); find(s, "server", s.servers, w[0]+":"+w[1]).Stop() }},
	"page":    {4, "HOST PORT PATH TEXT", (*story).page},
	"real":    {3, "HOST ARGUMENT...", (*story).real},
	"table":   {5, "HOST ADDRESS:PORT LIMIT SCHEDULER FORWARD [REAL=WEIGHT...]", (*story).table},
	"asks":    {4, "HOST ADDRESS:PORT N NAME=COUNT|some...", (*story).asks},
	"sticks":  {3, "HOST ADDRESS:PORT N", (*story).sticks},
}

// A segment is a network, and what passes it.
type segment struct {
	*lab.Segment
	capture *lab.Capture
}

// segment is the network of a name, made when it is first used.
func (s *story) segment(name string) *lab.Segment {
	s.t.Helper()
	if s.segments[name] == nil {
		net := s.lab.Segment(name)
		s.segments[name] = &segment{net, net.Capture()}
	}
	return s.segments[name].Segment
}

// addHost makes a host, or gives it another interface. The segment is "lan"
// unless one is named.
func (s *story) addHost(w []string) {
	s.t.Helper()
	iface, segment, named := strings.Cut(w[1], "@")
	if !named {
		segment = "lan"
	}
	if h := s.hosts[w[0]]; h != nil {
		h.Attach(s.segment(segment), iface, w[2:]...)
		return
	}
	s.hosts[w[0]] = s.lab.HostOn(w[0], s.segment(segment), iface, w[2:]...)
}

func (s *story) cut(w []string) {
	s.t.Helper()
	s.event()
	if len(w) == 1 {
		s.host(w[0]).Cut()
		return
	}
	for _, p := range s.host(w[0]).Ports() {
		if p.Interface == w[1] {
			p.Cut()
			return
		}
	}
	s.t.Fatalf("%s has no interface %s", w[0], w[1])
}

// startProcess starts a process that does nothing but have a name, and notes it
// in a pid file.
func (s *story) startProcess(w []string) {
	s.t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		s.t.Fatal(err)
	}
	// By the name that it is called by the kernel knows it.
	path := filepath.Join(s.t.TempDir(), w[1])
	if err := os.Symlink(sleep, path); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(path, "1000")
	if err := s.host(w[0]).Do(cmd.Start); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s.processes[w[0]+" "+w[1]] = cmd
	s.write([]string{w[0], w[2], strconv.Itoa(cmd.Process.Pid) + "\n"})
}

func (s *story) endProcess(w []string) {
	s.t.Helper()
	s.event()
	cmd := find(s, "process", s.processes, w[0]+" "+w[1])
	if err := cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	_ = cmd.Wait()
}

// probe asks all the time who has an address, from the host "client".
func (s *story) probe(vip netip.Addr) *lab.Probe {
	s.t.Helper()
	if s.probes[vip] == nil {
		s.probes[vip] = s.host("client").ProbeARP(vip, probePace)
	}
	return s.probes[vip]
}
