package config

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/kactl/kactl/pkg/syntax"
)

// Files is what keepalived reads and writes besides its configuration.
type Files struct {
	// Umask is what the files that it makes lack of permissions.
	Umask fs.FileMode
	// SaveDirectory gets a copy of the configuration before and after each
	// reload, TemporaryDirectory one while it is read; empty is none.
	SaveDirectory, TemporaryDirectory string
	// StateDump, StatsDump and JSONDump are written at signals; empty is in the
	// directory for temporary files. JSONVersion is that of the layout.
	StateDump, StatsDump, JSONDump string
	JSONVersion                    int
	// DumpPerInstance has the name of the daemon's instance in theirs.
	DumpPerInstance bool
	// SymlinkPaths runs scripts by the path that was written, where it holds
	// symbolic links.
	SymlinkPaths bool
	// SupplementaryGroups are those of the user that a script runs as.
	SupplementaryGroups bool
	// IncludeChecks are the mistakes that make an include fail: "match",
	// "wildcard_match", "brace_match".
	IncludeChecks []string
	// IPRouteUser and IPRouteAdmin are the directories of iproute2's names of
	// tables, protocols and so on; empty is the usual place.
	IPRouteUser, IPRouteAdmin string
	// RandomSeed makes ${_RANDOM} the same each time. Nil is not set.
	RandomSeed *uint32
}

func fileKeywords() []Keyword {
	path := func(name, doc string, field func(*Files) *string) Keyword {
		return Keyword{Name: name, Args: "PATH", Need: 1, Since: "2.4", Doc: doc, decode: text(in(func(g *Global) *string { return field(&g.Files) }))}
	}
	return []Keyword{
		{Name: "umask", Args: "NUMBER|BIT[|BIT]...", Need: 1, Default: "0177", decode: (*decoder).umask,
			Doc: "permissions that new files lack: a number, or bits such as IRGRP|IROTH"},
		{Name: "config_save_dir", Args: "DIRECTORY", Need: 1, decode: text(in(func(g *Global) *string { return &g.Files.SaveDirectory })),
			Doc: "directory for copies of the configuration at each reload"},
		{Name: "tmp_config_directory", Args: "DIRECTORY", Default: "memory", repeats: true, decode: firstText(in(func(g *Global) *string { return &g.Files.TemporaryDirectory })),
			Doc: "directory for the copy of the configuration that all processes read"},
		path("state_dump_file", "file that the signal for the state writes", func(f *Files) *string { return &f.StateDump }),
		path("stats_dump_file", "file that the signal for statistics writes", func(f *Files) *string { return &f.StatsDump }),
		path("json_dump_file", "file that the signal for JSON writes", func(f *Files) *string { return &f.JSONDump }),
		{Name: "json_version", Args: "1|2", Need: 1, Default: "1", Limits: whole(1, 2), Since: "2.4", decode: count(in(func(g *Global) *int { return &g.Files.JSONVersion })),
			Doc: "layout of the JSON"},
		{Name: "data_use_instance", Args: "[BOOL]", Default: "off", decode: toggle(in(func(g *Global) *bool { return &g.Files.DumpPerInstance })),
			Doc: "have the names of instance and net_namespace in those of the files with the state"},
		{Name: "use_symlink_paths", Args: "[BOOL]", Default: "off", Since: "2.4", decode: toggle(in(func(g *Global) *bool { return &g.Files.SymlinkPaths })),
			Doc: "run scripts by the path as it is written, symbolic links and all"},
		{Name: "set_supplementary_groups", Since: "2.4", decode: flag(in(func(g *Global) *bool { return &g.Files.SupplementaryGroups })),
			Doc: "run scripts with all groups of their user"},
		{Name: "include_check", Args: "[match|wildcard_match|brace_match] [+CHECK|-CHECK]...", Default: "none, and all without a word", Effect: true, repeats: true, decode: (*decoder).includeCheck,
			Doc: "what an include must find"},
		path("iproute_usr_dir", "directory of the names that iproute2 brings", func(f *Files) *string { return &f.IPRouteUser }),
		path("iproute_etc_dir", "directory of the names that the administrator gave iproute2", func(f *Files) *string { return &f.IPRouteAdmin }),
		{Name: "random_seed", Args: "NUMBER", Need: 1, Default: "the time", Limits: whole(0, 4294967295), decode: (*decoder).randomSeed,
			Doc: "start of ${_RANDOM}, for the same numbers each time"},
	}
}

func (d *decoder) randomSeed(k *Keyword, s *syntax.Statement) {
	if n, ok := d.number(k, s, "ignores it"); ok {
		d.config.Global.Files.RandomSeed = ptr(uint32(n))
	}
}

// modeBits are the permissions by their names in sys/stat.h, without S_.
var modeBits = map[string]fs.FileMode{
	"IRUSR": 0o400, "IWUSR": 0o200, "IXUSR": 0o100,
	"IRGRP": 0o040, "IWGRP": 0o020, "IXGRP": 0o010,
	"IROTH": 0o004, "IWOTH": 0o002, "IXOTH": 0o001,
}

func (d *decoder) umask(k *Keyword, s *syntax.Statement) {
	var mode fs.FileMode
	if text := s.Arg(0); text != "" && '0' <= text[0] && text[0] <= '9' {
		n, err := strconv.ParseUint(text, 0, 32)
		if err != nil || n > 0o777 || len(s.Args()) > 1 || strings.ContainsAny(text, "oObB_") {
			d.fault("value", s.AtArg(0), "%s is not a number up to 0777; keepalived ignores %s", clip(join(s.Args())), k.Name).Hint = "write it in octal, 0022"
			return
		}
		mode = fs.FileMode(n)
	} else {
		for bit := range strings.SplitSeq(join(s.Args()), "|") {
			m, ok := modeBits[strings.TrimSpace(bit)]
			if !ok {
				d.fault("value", s.AtArg(0), "unknown bit %q; keepalived ignores %s", clip(strings.TrimSpace(bit)), k.Name).Hint = "write 0022, or IWGRP|IWOTH"
				return
			}
			mode |= m
		}
	}
	d.config.Global.Files.Umask = mode
}

var includeChecks = []string{"match", "wildcard_match", "brace_match"}

// includeCheck reads the checks: all of them, the one named, or those to add
// and to leave out. Package syntax acts on them and reports the others.
func (d *decoder) includeCheck(_ *Keyword, s *syntax.Statement) {
	p := &d.config.Global.Files.IncludeChecks
	on := map[string]bool{}
	for _, name := range *p {
		on[name] = true
	}
	for i, w := range s.Args() {
		name := strings.TrimPrefix(strings.TrimPrefix(w.Text, "+"), "-")
		switch signed := name != w.Text; {
		case !slices.Contains(includeChecks, name), i > 0 && !signed:
			continue
		case !signed:
			clear(on)
		}
		on[name] = !strings.HasPrefix(w.Text, "-")
	}
	*p = nil
	for _, name := range includeChecks {
		if on[name] || len(s.Args()) == 0 {
			*p = append(*p, name)
		}
	}
}
