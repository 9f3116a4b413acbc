package daemon

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/config"
)

// What a daemon needs of file descriptors besides one for each check that is
// being made: for itself, and for each instance.
const (
	descriptorsForAll   = 64
	descriptorsForVRRP  = 4
	descriptorsForProbe = 1
)

// descriptorsBeside is what c needs besides its checks.
func descriptorsBeside(c *config.Config) int {
	return descriptorsForAll + descriptorsForVRRP*len(c.VRRP.Instances)
}

// checksOf is how many checks are in force in c.
func checksOf(c *config.Config) (n int) {
	for _, v := range c.LVS.Services {
		for _, r := range v.Reals {
			n += len(r.Checks)
		}
	}
	return n
}

// descriptors raises the limit to what cfg may need at a time, all checks
// together, as far as that may be, and says once where it may not: fewer checks
// are made at a time then, and it takes longer to find a server down.
func (d *daemon) descriptors(cfg *config.Config) {
	beside, checks := descriptorsBeside(cfg), 0
	if d.Checkers {
		checks = checksOf(cfg)
	}
	limit, err := raiseDescriptors(beside + checks*descriptorsForProbe)
	if err != nil {
		d.log.Warn(err.Error())
		return
	}
	d.probes.Store(int64(max(1, limit-beside)))
	if need := beside + checks; checks > 0 && need > limit && need != d.scarce {
		d.log.Warn(fmt.Sprintf("%d checks may need %d file descriptors, and the limit is %d: fewer are made at a time, and a server that fails may be found late; set LimitNOFILE=%d in the unit of the service, or ulimit -n",
			checks, need, limit, need))
		d.scarce = need
	}
}

// raiseDescriptors raises this process's limit of open files until there are
// need, as far as it may, and returns the limit.
//
// Go has raised the soft limit to the hard one, less 1, and gives the programs
// that we start the one that was there, for one above 1,024 surprises those that
// use select(2). It does so while it finds the limit that it set, so that this
// changes nothing but where there is too little; then CAP_SYS_RESOURCE raises
// the hard limit.
func raiseDescriptors(need int) (limit int, err error) {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("read the limit of open files: %w", err)
	}
	want := uint64(need)
	if l.Cur < want && setOpenFiles(unix.Rlimit{Cur: want, Max: max(want, l.Max)}) {
		return need, nil
	}
	return int(min(l.Cur, 1<<30)), nil
}

// setOpenFiles is setrlimit(2), past package syscall: that would not restore the
// limit of the programs that we start any more, even if the kernel refused.
func setOpenFiles(l unix.Rlimit) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, uintptr(unsafe.Pointer(&l)), 0, 0, 0)
	return errno == 0
}
