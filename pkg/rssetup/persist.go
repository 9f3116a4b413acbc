package rssetup

import (
	"fmt"
	"slices"
	"strings"
)

// The files that apply the targets at boot.
const (
	sysctlFile  = "/etc/sysctl.d/90-kactl-rs.conf"
	modulesFile = "/etc/modules-load.d/kactl-rs.conf"
	unitName    = "kactl-rs-setup.service"
	unitFile    = "/etc/systemd/system/" + unitName
	wantsLink   = "/etc/systemd/system/multi-user.target.wants/" + unitName
)

// files are the things that persistent() sets.
var files = []Thing{
	{Kind: File, Name: sysctlFile},
	{Kind: File, Name: modulesFile},
	{Kind: File, Name: unitFile},
	{Kind: Symlink, Name: wantsLink},
}

// persistent are the files by which a boot gives what the journal and the plan
// have; program is the path of kactl.
func persistent(j *journal, planned []setting, program string) []setting {
	targets := j.Targets
	var list []setting
	if text := sysctlText(j, planned); text != "" {
		list = append(list, setting{files[0], text})
	}
	if text := modulesText(targets); text != "" {
		list = append(list, setting{files[1], text})
	}
	return append(list, setting{files[2], unitText(targets, program)}, setting{files[3], unitFile})
}

const written = "# Written by kactl rs-setup --persist; kactl rs-setup --undo removes it.\n"

// sysctlText has the planned sysctls, and those of former runs, of which nothing
// may be left to plan.
func sysctlText(j *journal, planned []setting) string {
	values := map[Thing]string{}
	for _, s := range j.Steps {
		if s.Kind == Sysctl {
			values[s.Thing] = value(s.To)
		}
	}
	for _, s := range planned {
		if s.Kind == Sysctl {
			values[s.Thing] = s.value
		}
	}
	if len(values) == 0 {
		return ""
	}
	lines := make([]string, 0, len(values))
	for t, v := range values {
		lines = append(lines, sysctlName(t.Name)+" = "+v+"\n")
	}
	slices.Sort(lines)
	return written + strings.Join(lines, "")
}

func modulesText(targets []Target) string {
	var names []string
	for _, d := range devices(targets) {
		if m := modules[d]; m != "" {
			names = append(names, m+"\n")
		}
	}
	if len(names) == 0 {
		return ""
	}
	return written + strings.Join(names, "")
}

// unitText is a unit that runs before any interface has an address, so before
// anything listens; one for an interface that somebody has to make first, such as
// a dummy, runs when that is there. Its commands say all that there is to say: the
// settings file may name others by now.
func unitText(targets []Target, program string) string {
	after, before, wants := "local-fs.target systemd-modules-load.service systemd-sysctl.service", "network-pre.target", "network-pre.target"
	for _, d := range devices(targets) {
		if d != "lo" && modules[d] == "" {
			device := "sys-subsystem-net-devices-" + escapeUnit(d) + ".device"
			after, before, wants = after+" "+device, "network.target", device
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `%s[Unit]
Description=Virtual addresses of an LVS real server
DefaultDependencies=no
RequiresMountsFor=%s
After=%s
Wants=%s
Before=%s shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
Environment=KACTL_SETTINGS=/dev/null
`, written, stateDir, after, wants, before)
	for _, c := range commands(targets, program) {
		fmt.Fprintf(&b, "ExecStart=%s\n", c)
	}
	b.WriteString("\n[Install]\nWantedBy=multi-user.target\n")
	return b.String()
}

// commands are the command lines that set the targets up, those of one kind with
// one.
func commands(targets []Target, program string) []string {
	var list []string
next:
	for _, t := range targets {
		c := fmt.Sprintf("%s rs-setup --mode %s --dev %s", quoteUnit(program), t.Mode, quoteUnit(t.Device))
		if t.Label != "" {
			c += " --label " + quoteUnit(t.Label)
		}
		if t.Force {
			c += " --force"
		}
		vip := " --vip " + t.VIP.String()
		for i, other := range list {
			if strings.HasPrefix(other, c+" --vip ") {
				list[i] += vip
				continue next
			}
		}
		list = append(list, c+vip)
	}
	return list
}

// quoteUnit writes a word for a command line in a unit.
func quoteUnit(word string) string {
	word = strings.NewReplacer("%", "%%", "$", "$$", `\`, `\\`, `"`, `\"`).Replace(word)
	if strings.ContainsAny(word, " '\"\\;") {
		return `"` + word + `"`
	}
	return word
}

// escapeUnit writes a path's part as the name of a unit has it (systemd-escape).
func escapeUnit(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == ':', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\x%02x`, c)
		}
	}
	return b.String()
}
