package script

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kactl/kactl/pkg/command"
)

// Nothing but a regular file is opened, whatever a link comes to lead to.
func TestReadStart(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	file := writeFile(t, at("file"), "#!/bin/sh\nexit 0\n", 0o755)
	for _, name := range []string{"fifo", "written"} {
		if err := unix.Mkfifo(at(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// One that somebody writes to keeps its readers waiting.
	w, err := os.OpenFile(at("written"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	others := []string{at("fifo"), at("written"), "/dev/zero", "/dev/ptmx", dir}
	for i, to := range append(others, file) {
		link := at("link" + string(rune('a'+i)))
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		if to != file {
			others = append(others, link)
		}
	}
	for _, path := range others {
		done := make(chan error, 1)
		go func() {
			_, err := ReadStart(path, maxHead)
			done <- err
		}()
		select {
		case err := <-done:
			if !errors.Is(err, errNotRegular) {
				t.Errorf("%s: %v, want %v", path, err, errNotRegular)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: it waits", path)
		}
		if err := startable(path, identity{}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	for limit, want := range map[int]string{3: "#!/", maxHead: "#!/bin/sh\nexit 0\n"} {
		for _, path := range []string{file, at("linkf")} {
			if got, err := ReadStart(path, limit); string(got) != want || err != nil {
				t.Errorf("%s, %d: %q, %v", path, limit, got, err)
			}
		}
	}
	if _, err := ReadStart(at("missing"), maxHead); !errors.Is(err, os.ErrNotExist) || errors.Is(err, errNoProc) {
		t.Errorf("missing: %v", err)
	}
}

// A script that is swapped all the time for a link to a FIFO is never read through it.
func TestSwapped(t *testing.T) {
	const text = "#!/bin/sh\nexit 0\n"
	dir := t.TempDir()
	path, other := writeFile(t, filepath.Join(dir, "script"), text, 0o755), filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(other, 0o666); err != nil {
		t.Fatal(err)
	}
	// There is something to read: who reads it shows it.
	w, err := os.OpenFile(other, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write(make([]byte, 32<<10)); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for next := filepath.Join(dir, "next"); ; {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Symlink(other, next)
			_ = os.Rename(next, path)
			_ = os.WriteFile(next, []byte(text), 0o755)
			_ = os.Rename(next, path)
		}
	}()
	defer func() {
		close(stop)
		<-stopped
	}()
	var read, refused int
	for limit := time.Now().Add(time.Minute); (read < 500 || refused < 500) && time.Now().Before(limit); {
		head, err := ReadStart(path, maxHead)
		switch {
		case err == nil && string(head) == text:
			read++
		case errors.Is(err, errNotRegular):
			refused++
		default:
			t.Fatalf("got %.20q, %v", head, err)
		}
	}
	if read == 0 || refused == 0 {
		t.Errorf("it was read %d times and refused %d times, and so this test shows nothing", read, refused)
	}
}

// What ends at a device of root's is refused by Check all the same.
func TestCheckDevice(t *testing.T) {
	err := Check(command.Command{Words: []string{"/dev/zero"}}, false)
	if !errors.Is(err, ErrNotExecutable) || !errors.Is(err, errNotRegular) {
		t.Errorf("got %v", err)
	}
}
