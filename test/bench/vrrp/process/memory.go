package process

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"

	"github.com/kactl/kactl/test/lab"
)

// A Size is the memory of a director's processes, in bytes.
type Size struct {
	// Rss counts a page for each process that has it.
	Rss int
	// Once counts a page once, however many of the director's processes have
	// it. It does not depend on what else runs on the machine, as a
	// proportional share (Pss) does.
	Once int
}

// SizeOf is the memory that the processes of a director have. It takes root
// (CAP_SYS_ADMIN, see proc_pid_pagemap(5)).
func SizeOf(d *lab.Director) (Size, error) {
	pids, err := Of(d)
	if err != nil {
		return Size{}, err
	}
	pages := 0
	frames := map[uint64]bool{}
	for _, pid := range pids {
		n, err := addFrames(frames, pid)
		if err != nil {
			return Size{}, fmt.Errorf("memory of process %d: %w", pid, err)
		}
		pages += n
	}
	return Size{Rss: pages * os.Getpagesize(), Once: len(frames) * os.Getpagesize()}, nil
}

// addFrames adds the page frames that a process has, and tells how many pages
// it has them for.
func addFrames(frames map[uint64]bool, pid int) (pages int, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, err
	}
	pagemap, err := os.Open(fmt.Sprintf("/proc/%d/pagemap", pid))
	if err != nil {
		return 0, err
	}
	defer pagemap.Close()
	const entry = 8
	pageSize := int64(os.Getpagesize())
	for line := range bytes.Lines(maps) {
		var from, to int64
		if _, err := fmt.Sscanf(string(line), "%x-%x", &from, &to); err != nil {
			continue // the vsyscall page, beyond what is mapped for the process
		}
		b := make([]byte, (to-from)/pageSize*entry)
		if _, err := pagemap.ReadAt(b, from/pageSize*entry); err != nil {
			return 0, err
		}
		for ; len(b) > 0; b = b[entry:] {
			const present, frame = 1 << 63, 1<<55 - 1
			if v := binary.NativeEndian.Uint64(b); v&present != 0 {
				frames[v&frame] = true
				pages++
			}
		}
	}
	if frames[0] {
		return 0, fmt.Errorf("the kernel does not tell the numbers of page frames: this takes CAP_SYS_ADMIN")
	}
	return pages, nil
}
