package ipvs

import (
	"strconv"

	"github.com/kactl/kactl/pkg/lvs"
)

// schedulerBits are the scheduler's flags, as lvs has them.
func (s *Service) schedulerBits() uint8 { return uint8(s.Flags & schedFlags / FlagSched1) }

// schedulerFlags returns the names of the scheduler's flags that are set.
func (s *Service) schedulerFlags() []string {
	return lvs.SchedulerFlags(s.Scheduler, s.schedulerBits())
}

// shownFlags are those that ipvsadm lists: where it has names for two, the
// third is passed over.
func (s *Service) shownFlags() []string {
	set := s.schedulerBits()
	if s.Scheduler == "sh" || s.Scheduler == "mh" {
		set &= 0b11
	}
	return lvs.SchedulerFlags(s.Scheduler, set)
}

// mask writes the netmask as ipvsadm does, by dots for IPv4 and as a prefix
// length for IPv6; it is empty where each client counts by itself.
func (s *Service) mask() string {
	switch {
	case !s.Netmask.IsValid():
		return ""
	case s.Netmask.Is4():
		return s.Netmask.String()
	}
	return strconv.Itoa(int(toNetmask(s.Netmask, s.Netmask)))
}
