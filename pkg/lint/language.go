package lint

import (
	"slices"

	"github.com/kactl/kactl/pkg/diag"
)

// languageRules document the findings of packages syntax and config, which look
// for them on their own. A test holds the names to the source of those.
var languageRules = slices.Concat(textFindings, keywordFindings, instanceFindings, scriptFindings, bfdFindings, serviceFindings, balanceFindings, checkFindings, trackFindings, definitionFindings)

// textFindings are about braces, quotes and files.
var textFindings = []*Rule{
	{
		Name: "missing-brace", Severity: diag.Error,
		Doc: "a block that is not closed, or a keyword without the { of its block",
		Why: `keepalived takes what follows for a part of the block that is still open: as
unknown keywords, which it ignores, or as addresses in a list. The finding is at
the first line that cannot belong to the block. One } for each { is all it takes;
"}}" and blocks on one line are fine.`,
		Bad: `vrrp_instance VI_1 {
    virtual_ipaddress {
        192.0.2.100/24
}
vrrp_script chk {
}`,
		Good: `vrrp_instance VI_1 {
    virtual_ipaddress {
        192.0.2.100/24
    }
}
vrrp_script chk {
}`,
	},
	{
		Name: "stray-brace", Severity: diag.Error,
		Doc: "a brace that opens or closes nothing",
		Why: `A } too many closes the block around it, so that the keywords behind it are
outside and unknown there. A { behind a keyword that opens no block is ignored,
and its } closes the block around it. Remove it, or its counterpart.`,
	},
	{
		Name: "unclosed-quote", Severity: diag.Error,
		Doc: "a double quote without a second one on its line",
		Why: `Quotes end on the line that they start on. keepalived drops the word that is not
closed, with the rest of the line.`,
	},
	{
		Name: "long-line", Severity: diag.Error,
		Doc: "a line of more than 1023 bytes",
		Why: `keepalived reads 1023 bytes at a time and takes the rest for another line, whose
first word is then an unknown keyword. Break the line up.`,
	},
	{
		Name: "nul-byte", Severity: diag.Warning,
		Doc: "a NUL byte, which ends the line",
		Why: `keepalived does not see what is behind it. It comes from an editor, or from a
file in UTF-16: save the file as UTF-8.`,
	},
	{
		Name: "file-missing", Severity: diag.Warning,
		Doc: "no file at the path that was given",
		Why: `keepalived -t finds that fine, and the daemon exits.`,
	},
	{
		Name: "file-skipped", Severity: diag.Warning,
		Doc: "a directory, a device or an executable file in the place of a configuration",
		Why: `keepalived reads plain files that nobody may execute, and passes over the others
without an error. chmod 644 FILE makes one readable.`,
	},
	{
		Name: "include-missing", Severity: diag.Warning,
		Doc: "an include that names a file which does not exist",
		Why: `keepalived goes on without it. A relative name starts from the directory of the
file that includes it. A pattern that matches nothing is no finding.`,
	},
	{
		Name: "include-quoted", Severity: diag.Warning,
		Doc: "quotes around the file name of an include",
		Why: `They are part of the name to keepalived, so that it finds no file. Write the name
without them.`,
	},
	{
		Name: "include-pattern", Severity: diag.Warning,
		Doc: "an include with a pattern that cannot be expanded",
		Why: `A [ without its ], or braces that stand for too many names. None of the files is
read.`,
	},
	{
		Name: "include-unreadable", Severity: diag.Warning,
		Doc: "an included file that cannot be read",
		Why: `Its mode or that of a directory on the way does not let the reader in. What it
says is missing from the configuration.`,
	},
	{
		Name: "include-loop", Severity: diag.Error,
		Doc: "a file that includes itself, directly or by others",
		Why: `keepalived reads it again and again until it runs out of file descriptors. A
pattern such as *.conf in a file that matches it is the usual reason.`,
	},
}
