package lvs

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// describe returns s in a few words, with n real servers.
func (s Service) describe(n int) string {
	words := []string{s.Scheduler}
	if s.Persistence > 0 {
		words = append(words, "persistence "+seconds(s.Persistence))
	}
	word := "real servers"
	if n == 1 {
		word = "real server"
	}
	return strings.Join(append(words, fmt.Sprintf("%d %s", n, word)), ", ")
}

// describe returns d in a few words.
func (d Destination) describe() string {
	return fmt.Sprintf("%s weight %d", method(d.Forward), d.Weight)
}

// flags returns what is set in words.
func (s Service) flags() string {
	var set []string
	if s.OnePacket {
		set = append(set, "ops")
	}
	set = append(set, SchedulerFlags(s.Scheduler, s.Flags)...)
	return cmp.Or(strings.Join(set, ","), "none")
}

// describe returns the tunnel as lvs_method has it.
func (t Tunnel) describe() string {
	s := t.Type.String()
	if t.Type == GUE {
		s += " port " + strconv.Itoa(int(t.Port))
	}
	if t.Type != IPIP {
		s += " " + t.Checksum.String()
	}
	return s
}

func method(f Forward) string {
	if f < NAT || f > TUN {
		return "another"
	}
	return f.String()
}

func seconds(d time.Duration) string {
	if d == 0 {
		return "off"
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + " s"
}

func netmask(a netip.Addr) string {
	if !a.IsValid() {
		return "one by one"
	}
	return a.String()
}

// SchedulerFlags returns the names of the scheduler's flags that are set, bit 0
// being flag-1, as ipvsadm takes them: "sh-port", "flag-3".
func SchedulerFlags(scheduler string, set uint8) []string {
	names := [...]string{"flag-1", "flag-2", "flag-3"}
	if scheduler == "sh" || scheduler == "mh" {
		names[0], names[1] = scheduler+"-fallback", scheduler+"-port"
	}
	list := []string{}
	for i, name := range names {
		if set&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}
