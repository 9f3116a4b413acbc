package link

import (
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// beatMethods are the ways to ask an interface whether it has a carrier, the preferred
// one first.
var beatMethods = []struct {
	name string
	ask  func(fd int, name string) (bool, error)
}{{"MII", beatMII}, {"ETHTOOL", beatEthtool}, {"IOCTL", beatFlags}}

// Beat asks the driver of an interface whether the interface is switched on and has a
// carrier, for drivers that do not report changes of that. The method is "MII",
// "ETHTOOL" or "IOCTL"; where the driver does not know that, or none is given, it is
// the first of these that the driver knows.
func Beat(name, method string) (bool, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("ask %s for its carrier: %w", name, err)
	}
	defer unix.Close(fd)
	flags, err := flagsOf(fd, name)
	if err != nil || flags&unix.IFF_UP == 0 {
		return false, err
	}
	methods := beatMethods
	if n := slices.IndexFunc(methods, func(m struct {
		name string
		ask  func(fd int, name string) (bool, error)
	}) bool {
		return m.name == method
	}); n >= 0 {
		methods = slices.Concat(methods[n:n+1], methods)
	}
	for _, m := range methods {
		var up bool
		if up, err = m.ask(fd, name); err == nil {
			return up, nil
		}
	}
	return false, err
}

// flagsOf returns the flags of an interface (netdevice(7)).
func flagsOf(fd int, name string) (uint16, error) {
	req, err := unix.NewIfreq(name)
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, req)
	}
	if err != nil {
		return 0, fmt.Errorf("ask %s for its flags: %w", name, err)
	}
	return req.Uint16(), nil
}

func beatFlags(fd int, name string) (bool, error) {
	flags, err := flagsOf(fd, name)
	return flags&unix.IFF_RUNNING != 0, err
}

// mii is what the kernel takes and returns about a register of a transceiver (struct
// ifreq with struct mii_ioctl_data).
type mii struct {
	name                      [unix.IFNAMSIZ]byte
	phy, register, in, result uint16
	_                         [16]byte
}

const (
	// The basic mode status register has the state of the link in a bit (IEEE 802.3
	// clause 22.2.4.2). It keeps a loss until it is read.
	miiStatus = 1
	miiLink   = 1 << 2
)

func beatMII(fd int, name string) (bool, error) {
	var m mii
	copy(m.name[:unix.IFNAMSIZ-1], name)
	if err := ioctl(fd, unix.SIOCGMIIPHY, unsafe.Pointer(&m)); err != nil {
		return false, fmt.Errorf("ask %s for its transceiver: %w", name, err)
	}
	m.register = miiStatus
	for range 2 {
		if err := ioctl(fd, unix.SIOCGMIIREG, unsafe.Pointer(&m)); err != nil {
			return false, fmt.Errorf("read the status of the transceiver of %s: %w", name, err)
		}
	}
	return m.result&miiLink != 0, nil
}

func beatEthtool(fd int, name string) (bool, error) {
	answer := struct{ command, data uint32 }{command: unix.ETHTOOL_GLINK}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(&answer)}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	err := ioctl(fd, unix.SIOCETHTOOL, unsafe.Pointer(&request))
	runtime.KeepAlive(&answer)
	if err != nil {
		return false, fmt.Errorf("ask %s for its link: %w", name, err)
	}
	return answer.data != 0, nil
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg)); errno != 0 {
		return errno
	}
	return nil
}
