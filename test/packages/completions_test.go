package packages

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kactl/kactl/test/need"
)

// bashScript does what bash does for the Tab key behind its arguments.
const bashScript = `
. /usr/share/bash-completion/bash_completion
_completion_loader kactl
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
__start_kactl
printf '%s\n' "${COMPREPLY[@]}"`

// zshScript types $2 and the Tab key on a terminal, and has the line printed.
// $1 is the directory of completions.
const zshScript = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -D"
zpty -w shell 'show() { print -r -- "<$BUFFER>"; }; zle -N show; bindkey "^T" show; echo rea""dy'
zpty -r shell out '*ready*'
zpty -w -n shell "$2"$'\t\C-t'
zpty -r shell out '*<*>*'
out=${${out##*<}%%>*}
print -r -- ${${out% }##* }`

// completions has each shell complete a line with what is installed. bash runs
// in the root, the others outside of it.
func completions(t *testing.T, r *root) {
	bin := t.TempDir()
	if err := os.Symlink(r.path("/usr/bin/kactl"), bin+"/kactl"); err != nil {
		t.Fatal(err)
	}
	outside := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(name, args...)
		c.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+bin, "TERM=dumb")
		return c
	}
	shells := map[string]func(line string) *exec.Cmd{
		"bash": func(line string) *exec.Cmd {
			return r.command("bash", append([]string{"-c", bashScript, "bash"}, strings.Fields(line)...)...)
		},
		"zsh": func(line string) *exec.Cmd {
			return outside("timeout", "45", "zsh", "-f", "-c", zshScript, "zsh", r.path("/usr/share/zsh/vendor-completions"), line)
		},
		"fish": func(line string) *exec.Cmd {
			return outside("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", r.path("/usr/share/fish/vendor_completions.d/kactl.fish"), line)
		},
	}
	for shell, complete := range shells {
		t.Run(shell, func(t *testing.T) {
			if _, err := exec.LookPath(shell); err != nil {
				need.Missing(t, "%v", err)
			}
			for line, want := range map[string]string{
				"kactl vers":                               "version",
				"kactl check --fail-on w":                  "warning",
				"kactl check --explain vrrp_instance/prio": "vrrp_instance/priority",
			} {
				// bash complains on the standard error that nobody pressed the key.
				out, err := complete(line).Output()
				// What is typed while a shell sets its terminal up may be lost.
				for tries := 0; tries < 4 && ended(err) == timedOut; tries++ {
					out, err = complete(line).Output()
				}
				got, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
				if err != nil || got != want {
					t.Errorf("%s<Tab> offers %q, want %q: %v", line, got, want, err)
				}
			}
		})
	}
}

// timedOut is the exit status of timeout(1) when it ended the program.
const timedOut = 124

// ended returns the exit status of a program.
func ended(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}
