package main

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manual returns the pages: one for kactl and each of its commands, and that of
// the configuration.
func manual(root *cobra.Command) map[string][]byte {
	files := map[string][]byte{"man/kactl.1": overview(root), "man/kactl.conf.5": configuration()}
	for _, c := range commands(root) {
		files["man/"+pageName(c)+".1"] = commandPage(c)
	}
	return files
}

// commands are those below c that have a page.
func commands(c *cobra.Command) []*cobra.Command {
	var all []*cobra.Command
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "completion" {
			all = append(append(all, sub), commands(sub)...)
		}
	}
	return all
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// overview is kactl(1).
func overview(root *cobra.Command) []byte {
	p := newPage("kactl", 1)
	p.section("NAME")
	p.raw(`kactl \- ` + prose(lowered(root.Short)))
	p.section("SYNOPSIS")
	p.raw(bold("kactl") + ` \fICOMMAND\fR [\fIOPTION\fR...] [\fIOPERAND\fR...]`)
	p.section("DESCRIPTION")
	body := split(root.Long)
	body.describe(p)
	p.section("COMMANDS")
	for _, c := range commands(root) {
		p.item(bold(c.CommandPath()), sentence(c.Short))
		p.raw("See " + reference(pageName(c), 1, "."))
	}
	p.item(bold("kactl completion")+" "+synopsis("SHELL"), "Print the completion for a shell: bash, zsh, fish or powershell. The packages install the first three.")
	p.item(bold("kactl help")+" "+synopsis("[COMMAND]"), "Print the help of a command.")
	options(p, root)
	p.section("EXIT STATUS")
	p.item("0", "It went well, and nothing is wrong.")
	p.item("1", "It failed, or found what it looks for.")
	p.item("2", "The command line is wrong.")
	p.paragraph("Where a command has other statuses its page says so.")
	environment(p, root, "Every flag of a command can be set by an environment variable as well: KACTL_ and the flag's long name in capitals, with _ for -. The command line comes first, then the environment, then the file of settings.")
	files(p, settingsFile, "/etc/keepalived/keepalived.conf")
	seeAlso(p, root)
	return p.Bytes()
}

// commandPage is the page of a command.
func commandPage(c *cobra.Command) []byte {
	p := newPage(pageName(c), 1)
	p.section("NAME")
	p.raw(literally(pageName(c)) + ` \- ` + prose(lowered(c.Short)))
	p.section("SYNOPSIS")
	_, operands, _ := strings.Cut(c.Use, " ")
	line := bold(c.CommandPath())
	if c.HasAvailableFlags() {
		line += ` [\fIOPTION\fR...]`
	}
	p.raw(strings.TrimSpace(line + " " + synopsis(operands)))
	p.section("DESCRIPTION")
	body := split(c.Long)
	if len(body.description) == 0 {
		body.description = []string{sentence(c.Short)}
	}
	body.describe(p)
	options(p, c)
	for _, part := range body.sections {
		p.section(strings.ToUpper(part.title))
		part.write(p)
	}
	if c.Example != "" {
		p.section("EXAMPLES")
		p.literal(unindented(c.Example))
	}
	if body.settings != "" {
		environment(p, c, body.settings)
	}
	files(p, mentioned(c)...)
	seeAlso(p, c)
	return p.Bytes()
}

// options lists the flags of c.
func options(p *page, c *cobra.Command) {
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	p.section("OPTIONS")
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		head := bold("--" + f.Name)
		if f.Shorthand != "" {
			head = bold("-"+f.Shorthand) + ", " + head
		}
		if value != "" {
			head += `=\fI` + literally(value) + `\fR`
		}
		usage = sentence(strings.ReplaceAll(usage, "\n", " "))
		if d := f.DefValue; d != "" && d != "false" && d != "0" && d != "[]" && d != "0s" && f.Value.Type() != "bool" {
			usage += " Default: " + d + "."
		}
		p.item(head, usage)
	})
}

// environment tells how settings is read, and by which variables.
func environment(p *page, c *cobra.Command, settings string) {
	p.section("ENVIRONMENT")
	p.text(settings)
	p.item(`\fBKACTL_SETTINGS\fR`, "Another file of settings than "+settingsFile+".")
	if c.Flags().Lookup("color") != nil {
		p.item(`\fBNO_COLOR\fR`, "If it is not empty the text is not coloured, unless --color says always.")
	}
}

// settingsFile holds kactl's own settings.
const settingsFile = "/etc/kactl/kactl.yaml"

// knownFiles are the files that a page may mention, each with what it is.
var knownFiles = []struct{ path, what string }{
	{"/etc/keepalived/keepalived.conf", "The configuration; see kactl.conf(5)."},
	{settingsFile, "Settings: a section for each command, with the names of its flags. It need not exist."},
	{"/run/keepalived.pid", "The process id of the daemon."},
	{"/var/lib/kactl", "What rs-setup has changed, for --undo."},
}

// mentioned are the files that the text of c names, or one of its flags.
func mentioned(c *cobra.Command) []string {
	text := c.Long
	c.Flags().VisitAll(func(f *pflag.Flag) { text += "\n" + f.DefValue + "\n" + f.Usage })
	var paths []string
	for _, f := range knownFiles {
		if strings.Contains(text, f.path) {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// files lists those of knownFiles that are among paths.
func files(p *page, paths ...string) {
	if len(paths) == 0 {
		return
	}
	p.section("FILES")
	for _, f := range knownFiles {
		for _, path := range paths {
			if path == f.path {
				p.item(`\fI`+literally(path)+`\fR`, f.what)
			}
		}
	}
}

// seeAlso names the other pages.
func seeAlso(p *page, c *cobra.Command) {
	p.section("SEE ALSO")
	names := []string{"kactl"}
	for _, other := range commands(c.Root()) {
		names = append(names, pageName(other))
	}
	for _, name := range names {
		if name != pageName(c) {
			p.raw(reference(name, 1, ","))
		}
	}
	p.raw(reference("kactl.conf", 5, ""))
}

// reference is a line that names a page.
func reference(name string, section int, behind string) string {
	return `\fB` + literally(name) + `\fR(` + string(rune('0'+section)) + ")" + behind
}

// lowered is a title as the middle of a sentence.
func lowered(title string) string {
	if len(title) > 1 && strings.ToUpper(title[1:2]) != title[1:2] || strings.HasPrefix(title, "A ") {
		return strings.ToLower(title[:1]) + title[1:]
	}
	return title
}

var indentation = regexp.MustCompile(`(?m)^  `)

// unindented is an example as cobra has it, without the indentation.
func unindented(s string) string { return indentation.ReplaceAllString(s, "") }
