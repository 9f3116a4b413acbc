package machine

import (
	"bufio"
	"io/fs"
	"path"
	"strings"
)

// Sysctl returns the kernel parameter that sysctl(8) calls name: dots separate,
// and a slash is a dot within a part. It reports false if it cannot be read.
func (m *Machine) Sysctl(name string) (string, bool) {
	file := "proc/sys/" + strings.Map(func(r rune) rune {
		switch r {
		case '.':
			return '/'
		case '/':
			return '.'
		}
		return r
	}, name)
	value, err := m.read(file)
	return value, err == nil
}

// read returns the text of a small file, without the blanks around it.
func (m *Machine) read(name string) (string, error) {
	text, err := fs.ReadFile(m.root, name)
	return strings.TrimSpace(string(text)), err
}

// LacksModule reports whether the kernel has no module of that name: not loaded,
// not built in, and not among those that can be loaded. Where the lists of those
// are not readable, as in a container, nobody knows, and it reports false.
func (m *Machine) LacksModule(name string) bool {
	if _, err := fs.Stat(m.root, "sys/module/"+name); err == nil {
		return false
	}
	if name == "ip_vs" {
		if _, err := fs.Stat(m.root, "proc/net/ip_vs"); err == nil {
			return false // built in
		}
	}
	release, err := m.read("proc/sys/kernel/osrelease")
	if err != nil || !fs.ValidPath(release) {
		return false
	}
	for _, list := range []string{"modules.builtin", "modules.dep"} {
		listed, err := m.lists(path.Join("lib/modules", release, list), name)
		if err != nil || listed {
			return false
		}
	}
	return true
}

// lists reports whether a list of depmod(8) has the module: the file's path
// starts each line, up to a colon if more follows.
func (m *Machine) lists(list, name string) (bool, error) {
	f, err := m.root.Open(list)
	if err != nil {
		return false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		file, _, _ := strings.Cut(lines.Text(), ":")
		module, _, _ := strings.Cut(path.Base(file), ".ko") // .ko, .ko.xz, .ko.zst
		if strings.ReplaceAll(module, "-", "_") == name {
			return true, nil
		}
	}
	return false, lines.Err()
}
