package flood

import (
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/test/lab"
)

// A sender sends packets from a host at a steady pace.
type sender struct {
	host    *lab.Host
	packets interface{ next() *packet }
	to      net.HardwareAddr
	perSec  int
	sent    int
}

func newSender(h *lab.Host, perSec int) *sender {
	return &sender{
		host: h, perSec: perSec,
		packets: &generator{Rand: rand.New(rand.NewPCG(51, 112))}, // the same in every run
		to:      allRouters,
	}
}

// pace is the time between two batches.
const pace = time.Millisecond

// send sends n packets.
func (s *sender) send(n int) error {
	return s.host.Do(func() error {
		fd, err := s.open()
		if err != nil {
			return fmt.Errorf("open a packet socket on %s: %w", s.host.Name, err)
		}
		defer unix.Close(fd)
		began := time.Now()
		buf := make([]byte, 0, 2048)
		for sent := 0; sent < n; {
			due := min(n, int(time.Since(began).Seconds()*float64(s.perSec)))
			for ; sent < due; sent++ {
				buf = s.packets.next().appendFrame(buf[:0], s.host.Port().MAC, s.to)
				if err := s.write(fd, buf); err != nil {
					return fmt.Errorf("send packet %d: %w", s.sent, err)
				}
				s.sent++
			}
			time.Sleep(pace)
		}
		return nil
	})
}

func (s *sender) open() (int, error) {
	i, err := net.InterfaceByName(s.host.Port().Interface)
	if err != nil {
		return -1, err
	}
	// Protocol 0 receives nothing.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

func (s *sender) write(fd int, frame []byte) error {
	for {
		_, err := unix.Write(fd, frame)
		switch err {
		case unix.EINTR:
		case unix.ENOBUFS:
			time.Sleep(pace)
		default:
			return err
		}
	}
}
