package netio

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Each error says what it means and keeps the kernel's own words.
func TestMeaning(t *testing.T) {
	for _, tt := range []struct {
		of    func(error) error
		errno unix.Errno
		says  string
	}{
		{opening, unix.EPERM, "CAP_NET_RAW"},
		{opening, unix.EMFILE, "LimitNOFILE"},
		{opening, unix.ENFILE, "fs.file-max"},
		{opening, unix.ENODEV, "no such interface"},
		{opening, unix.ENOBUFS, "igmp_max_memberships"},
		{opening, unix.EPROTONOSUPPORT, "no such sockets"},
		{sending, unix.EPERM, "firewall of this machine"},
		{sending, unix.EMSGSIZE, "MTU"},
		{sending, unix.ENETUNREACH, "no route"},
		{sending, unix.EACCES, "prohibits"},
		{sending, unix.EINVAL, "blackhole"},
		{sending, unix.ENETDOWN, "down"},
		{sending, unix.ENXIO, "gone"},
		{sending, unix.ENOBUFS, "queue"},
	} {
		if err := tt.of(tt.errno); !errors.Is(err, tt.errno) || !strings.Contains(err.Error(), tt.says) || !strings.HasSuffix(err.Error(), "("+tt.errno.Error()+")") {
			t.Errorf("%v: %v, want something about %q", tt.errno, err, tt.says)
		}
	}
	if err := sending(unix.EIO); err != unix.EIO {
		t.Errorf("%v, want what nobody knows as it is", err)
	}
}
