package lint

import (
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/kactl/kactl/pkg/command"
	"github.com/kactl/kactl/pkg/config"
	"github.com/kactl/kactl/pkg/diag"
	"github.com/kactl/kactl/pkg/syntax"
)

// A program is what a keyword such as script or notify_master runs.
type program struct {
	statement *syntax.Statement
	word      syntax.Word // of the command
	// text is the command before it is split into words; where it is not quoted
	// it is all that follows a script keyword.
	text  string
	words []string
	// track says that the exit status decides whether an instance is well.
	track bool
	as    bool // a user and group may follow
	user  bool // it has one of its own
	// runAs are the user and group of its own, none to two.
	runAs []string
}

func (p *program) at() diag.Range { return p.statement.At(p.word) }

// programKeywords are those that take a command; true if its user may follow.
var programKeywords = map[string]bool{
	"script": false, "misc_path": false,
	"notify": true, "notify_master": true, "notify_backup": true, "notify_fault": true, "notify_stop": true,
	"notify_deleted": true, "notify_master_rx_lower_pri": true, "notify_up": true, "notify_down": true,
	"quorum_up": true, "quorum_down": true, "startup_script": true, "shutdown_script": true,
}

// programs yields what the file runs, whether it can be run or not.
func (n *Node) programs() iter.Seq[*program] {
	return func(yield func(*program) bool) { walkPrograms(n.Tree.Body, yield) }
}

func walkPrograms(body []*syntax.Statement, yield func(*program) bool) bool {
	for _, s := range body {
		if s.Shape == syntax.Block && !walkPrograms(s.Body(), yield) {
			return false
		}
		as, ok := programKeywords[s.Name()]
		if s.Shape != syntax.Line || !ok {
			continue
		}
		p := programOf(s, as)
		if p == nil {
			continue
		}
		if !as {
			p.user, p.runAs = userOf(body)
		}
		if !yield(p) {
			return false
		}
	}
	return true
}

// userOf returns what the last user statement of a block says.
func userOf(body []*syntax.Statement) (found bool, runAs []string) {
	for _, s := range body {
		if s.Name() != "user" {
			continue
		}
		found, runAs = true, nil
		if words, err := s.Unquote(); err == nil {
			runAs = texts(words[1:])
		}
	}
	return found, runAs
}

func texts(words []syntax.Word) (all []string) {
	for _, w := range words {
		all = append(all, w.Text)
	}
	return all
}

// command is what the daemon runs for p: as p's own user, or else the one of g.
func (p *program) command(g *config.Global) command.Command {
	c := command.Command{Words: p.words, User: g.ScriptUser, Group: g.ScriptGroup}
	if len(p.runAs) > 0 {
		c.User, c.Group = p.runAs[0], ""
	}
	if len(p.runAs) > 1 {
		c.Group = p.runAs[1]
	}
	return c
}

func programOf(s *syntax.Statement, as bool) *program {
	words, err := s.Unquote()
	if err != nil || len(words) < 2 {
		return nil
	}
	p := &program{statement: s, word: words[1], text: words[1].Text, as: as}
	p.track = s.Name() == "script" || s.Name() == "misc_path"
	switch {
	case as && len(words) > 2:
		p.user, p.runAs = true, texts(words[2:])
	case !as && !p.word.Quoted && len(words) > 2:
		p.text, p.word.End = strings.Join(texts(words[1:]), " "), words[len(words)-1].End
	}
	if p.words, err = syntax.Command(p.text); err != nil || len(p.words) == 0 {
		return nil
	}
	return p
}

// shells take a command line behind -c.
var shells = []string{"sh", "bash", "dash", "ash", "ksh", "zsh"}

// line is the command line that a shell is given, if one is.
func (p *program) line() (string, bool) {
	if len(p.words) == 3 && p.words[1] == "-c" && slices.Contains(shells, path.Base(p.words[0])) {
		return p.words[2], true
	}
	return "", false
}

// commands are the simple commands of a command line and the operators between
// them: commands[i] is followed by operators[i]. Words within quotes are kept
// as they are, their quotes included.
func commands(line string) (commands [][]string, operators []string) {
	commands = [][]string{nil}
	for _, w := range shellWords(line) {
		operator := slices.Contains([]string{"&&", "||", "|", ";", "&"}, w)
		if n := len(w); !operator && n > 1 && w[n-1] == ';' {
			commands[len(commands)-1] = append(commands[len(commands)-1], w[:n-1])
			w, operator = ";", true
		}
		if operator {
			commands, operators = append(commands, nil), append(operators, w)
			continue
		}
		commands[len(commands)-1] = append(commands[len(commands)-1], w)
	}
	if n := len(operators); n > 0 && len(commands[n]) == 0 {
		commands, operators = commands[:n], operators[:n-1] // a ; at the end
	}
	return commands, operators
}

// shellWords splits line at blanks that are not within quotes.
func shellWords(line string) (words []string) {
	start, quote := -1, byte(0)
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == ' ' || c == '\t':
			if start >= 0 {
				words, start = append(words, line[start:i]), -1
			}
			continue
		case c == '\'' || c == '"':
			quote = c
		}
		if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		words = append(words, line[start:])
	}
	return words
}
