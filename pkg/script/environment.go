package script

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/kactl/kactl/pkg/rootonly"
)

// defaultPath is searched when the environment has no PATH.
var defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func searchPath() string {
	if p := os.Getenv("PATH"); p != "" {
		return p
	}
	return defaultPath
}

// guardedPath returns search without the directories that are missing, relative,
// or not root's alone.
func guardedPath(search string) string {
	var dirs []string
	for _, dir := range filepath.SplitList(search) {
		if !filepath.IsAbs(dir) {
			continue
		}
		// The sticky bit protects what is there, and not what is not.
		if end, st, err := follow(dir); err == nil && !rootonly.Shared(end, &st) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, string(filepath.ListSeparator))
}

// noPath is a PATH in which nothing is found. An empty one means the current directory
// to some.
const noPath = "/nonexistent"

// guardedEnviron returns our environment for a program of root's: with those
// directories of search, or else of defaultPath, that nobody else can write as PATH,
// and without what makes loaders,
// shells and interpreters run other code than the program's, or speaks of our own
// process to the service manager.
func guardedEnviron(search string) []string {
	environ := os.Environ()
	path := guardedPath(search)
	if path == "" {
		path = guardedPath(defaultPath)
	}
	if path == "" {
		path = noPath
	}
	env := make([]string, 0, len(environ)+1)
	for _, v := range environ {
		name, _, _ := strings.Cut(v, "=")
		if name != "PATH" && !unwanted(name) {
			env = append(env, v)
		}
	}
	return append(env, "PATH="+path)
}

func unwanted(name string) bool {
	if unwantedNames[name] {
		return true
	}
	for _, p := range unwantedPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

var unwantedPrefixes = []string{
	"LD_", "_RLD", "DYLD_", "GLIBC_", "MALLOC_", // ld.so(8), mallopt(3)
	"BASH_FUNC_", "BASH_ENV", // bash(1)
	"PERL", "PYTHON", "RUBY", "LUA_", "NODE_", "PHP", // their own manuals
	"LISTEN_", "WATCHDOG_", // sd_listen_fds(3), sd_watchdog_enabled(3)
}

var unwantedNames = map[string]bool{
	"ENV": true, "SHELLOPTS": true, "BASHOPTS": true, "PS4": true, "CDPATH": true, "GLOBIGNORE": true, "IFS": true, "FPATH": true, "ZDOTDIR": true,
	"GCONV_PATH": true, "GETCONF_DIR": true, "HOSTALIASES": true, "LOCALDOMAIN": true, "LOCPATH": true, "NIS_PATH": true,
	"NLSPATH": true, "RESOLV_HOST_CONF": true, "RES_OPTIONS": true, "TERMINFO": true, "TERMINFO_DIRS": true, "TERMCAP": true, "TERMPATH": true, "TZDIR": true,
	"JAVA_TOOL_OPTIONS": true, "_JAVA_OPTIONS": true, "JDK_JAVA_OPTIONS": true, "CLASSPATH": true, "AWKPATH": true, "AWKLIBPATH": true, "TCLLIBPATH": true,
	"NOTIFY_SOCKET": true,
}
