package ipvs

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/lvs"
)

// A Snapshot is everything that can be read.
type Snapshot struct {
	*Listing
	Timeouts Timeouts
	Daemons  []Daemon
	// Connections are left out of the JSON if nil.
	Connections []Connection
}

// WriteJSON writes s as one object. Times are in whole seconds, rates in units
// a second. What a service or destination does not have is left out, but
// numbers and lists never are.
func WriteJSON(w io.Writer, s Snapshot) error {
	out := jsonSnapshot{
		Version: s.Version, Size: s.Size,
		Timeouts: jsonTimeouts{seconds(s.Timeouts.TCP), seconds(s.Timeouts.TCPFin), seconds(s.Timeouts.UDP)},
		Daemons:  []jsonDaemon{},
		Services: make([]jsonService, len(s.Services)),
	}
	for _, d := range s.Daemons {
		out.Daemons = append(out.Daemons, jsonDaemon{
			State: d.State(), Interface: d.Interface, SyncID: d.SyncID, MaxLength: d.MaxLength,
			Group: d.Group.Addr(), Port: d.Group.Port(), TTL: d.TTL,
		})
	}
	for i := range s.Services {
		out.Services[i] = toJSON(&s.Services[i])
	}
	if s.Connections != nil {
		list := make([]jsonConnection, len(s.Connections))
		for i, c := range s.Connections {
			list[i] = jsonConnection{
				Protocol: strings.ToLower(c.Protocol), State: c.State, Expires: seconds(c.Expires),
				Client: c.Client, Virtual: c.Virtual, Destination: c.Address,
				Engine: c.Engine, EngineData: c.EngineData,
			}
		}
		out.Connections = &list
	}
	e := json.NewEncoder(escape.JSON(w))
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return fmt.Errorf("write IPVS table: %w", err)
	}
	return nil
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

type jsonSnapshot struct {
	Version     string            `json:"version"`
	Size        int               `json:"size"`
	Timeouts    jsonTimeouts      `json:"timeouts"`
	Daemons     []jsonDaemon      `json:"daemons"`
	Services    []jsonService     `json:"services"`
	Connections *[]jsonConnection `json:"connections,omitempty"`
}

type jsonTimeouts struct {
	TCP    int64 `json:"tcp"`
	TCPFin int64 `json:"tcp_fin"`
	UDP    int64 `json:"udp"`
}

type jsonDaemon struct {
	State     string     `json:"state"`
	Interface string     `json:"interface"`
	SyncID    uint32     `json:"sync_id"`
	MaxLength uint16     `json:"max_length"`
	Group     netip.Addr `json:"group,omitzero"`
	Port      uint16     `json:"port"`
	TTL       uint8      `json:"ttl"`
}

type jsonService struct {
	Protocol     string            `json:"protocol,omitempty"`
	Address      netip.Addr        `json:"address,omitzero"`
	Port         *uint16           `json:"port,omitempty"`
	Fwmark       uint32            `json:"fwmark,omitempty"`
	Family       string            `json:"family"`
	Scheduler    string            `json:"scheduler"`
	Flags        []string          `json:"scheduler_flags"`
	Persistence  int64             `json:"persistence"`
	Netmask      string            `json:"netmask,omitempty"`
	Engine       string            `json:"persistence_engine,omitempty"`
	OnePacket    bool              `json:"ops"`
	Stats        jsonCounters      `json:"stats"`
	Rates        jsonCounters      `json:"rates"`
	Destinations []jsonDestination `json:"destinations"`
}

type jsonDestination struct {
	Address        netip.Addr   `json:"address"`
	Port           uint16       `json:"port"`
	Method         string       `json:"method"`
	Tunnel         *jsonTunnel  `json:"tunnel,omitempty"`
	Weight         int          `json:"weight"`
	UpperThreshold uint32       `json:"upper_threshold"`
	LowerThreshold uint32       `json:"lower_threshold"`
	Active         uint32       `json:"active"`
	Inactive       uint32       `json:"inactive"`
	Persistent     uint32       `json:"persistent"`
	Stats          jsonCounters `json:"stats"`
	Rates          jsonCounters `json:"rates"`
}

type jsonTunnel struct {
	Type     string `json:"type"`
	Port     uint16 `json:"port,omitempty"`
	Checksum string `json:"checksum,omitempty"`
}

type jsonCounters struct {
	Connections uint64 `json:"connections"`
	InPackets   uint64 `json:"in_packets"`
	OutPackets  uint64 `json:"out_packets"`
	InBytes     uint64 `json:"in_bytes"`
	OutBytes    uint64 `json:"out_bytes"`
}

type jsonConnection struct {
	Protocol    string         `json:"protocol"`
	State       string         `json:"state"`
	Expires     int64          `json:"expires"`
	Client      netip.AddrPort `json:"client"`
	Virtual     netip.AddrPort `json:"virtual"`
	Destination netip.AddrPort `json:"destination"`
	Engine      string         `json:"persistence_engine,omitempty"`
	EngineData  string         `json:"persistence_data,omitempty"`
}

// methods are the names of keepalived.conf, as far as that has them.
var methods = map[Method]string{Masquerading: "nat", Local: "local", Tunneling: "tun", Routing: "dr", Bypass: "bypass"}

func toJSON(s *Service) jsonService {
	out := jsonService{
		Fwmark: s.Mark, Family: "ipv4", Scheduler: s.Scheduler, Flags: s.schedulerFlags(),
		Persistence: seconds(s.Persistence), Netmask: s.mask(), Engine: s.Engine,
		OnePacket: s.Flags&FlagOnePacket != 0, Stats: jsonCounters(s.Stats.Total), Rates: jsonCounters(s.Stats.Rate),
		Destinations: make([]jsonDestination, len(s.Destinations)),
	}
	if s.Is6() {
		out.Family = "ipv6"
	}
	if s.Mark == 0 {
		port := s.Addr.Port()
		out.Protocol, out.Address, out.Port = strings.ToLower(s.Protocol.String()), s.Addr.Addr(), &port
	}
	for i := range s.Destinations {
		d := &s.Destinations[i]
		to := &out.Destinations[i]
		*to = jsonDestination{
			Address: d.Addr.Addr(), Port: d.Addr.Port(), Method: methods[d.Method], Weight: d.Weight,
			UpperThreshold: d.UpperThreshold, LowerThreshold: d.LowerThreshold,
			Active: d.Active, Inactive: d.Inactive, Persistent: d.Persistent,
			Stats: jsonCounters(d.Stats.Total), Rates: jsonCounters(d.Stats.Rate),
		}
		if d.Method == Tunneling {
			to.Tunnel = &jsonTunnel{Type: d.Tunnel.Type.String(), Port: d.Tunnel.Port}
			if d.Tunnel.Type != lvs.IPIP {
				to.Tunnel.Checksum = d.Tunnel.Checksum.String()
			}
		}
	}
	return out
}
