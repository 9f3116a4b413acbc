package ipvs

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/lvs"
)

// Ports are the names of ports.
type Ports map[portKey]string

type portKey struct {
	protocol lvs.Protocol
	port     uint16
}

// portProtocols are those whose ports can have names.
var portProtocols = map[string]lvs.Protocol{"tcp": lvs.TCP, "udp": lvs.UDP, "sctp": lvs.SCTP}

// ReadPorts reads a text of the form of /etc/services, lines of "name
// port/protocol alias...". The first name of a port counts; lines of another form
// are passed over.
func ReadPorts(r io.Reader) (Ports, error) {
	ports := Ports{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text, _, _ := strings.Cut(lines.Text(), "#")
		f := strings.Fields(text)
		if len(f) < 2 {
			continue
		}
		number, protocol, _ := strings.Cut(f[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		p, known := portProtocols[protocol]
		if err != nil || !known {
			continue
		}
		key := portKey{p, uint16(port)}
		if _, ok := ports[key]; !ok {
			ports[key] = f[0]
		}
	}
	return ports, lines.Err()
}
