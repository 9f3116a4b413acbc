package lint

import "github.com/kactl/kactl/pkg/diag"

// definitionFindings are about $NAME=value, ~SEQ, ~LST and include_check.
var definitionFindings = []*Rule{
	{
		Name: "definition-cut", Severity: diag.Warning,
		Doc: "a definition of several lines that an empty line ends",
		Why: `A line with nothing but blanks or a comment ends a definition, unless it ends with
a backslash itself. What follows is read as it stands, where the definition is.`,
	},
	{
		Name: "definition-lines", Severity: diag.Warning,
		Doc: "a definition of several lines in the middle of a line",
		Why: `keepalived replaces one only at the end of a line, and else leaves the name as it
is. Put what follows on a line of its own.`,
	},
	{
		Name: "definition-loop", Severity: diag.Error,
		Doc: "a definition that uses itself, directly or by others",
		Why: `keepalived hangs where it is used, and never starts.`,
	},
	{
		Name: "undefined-definition", Severity: diag.Warning,
		Doc: "a name with a $ that stands for nothing",
		Why: `keepalived leaves it as it is, so that it becomes a part of a name or an address; in
${NAME} it takes the brace for that of a block. A definition counts from its line
on: write it before.`,
		Bad: `vrrp_instance VI_1 {
    priority $PRIORITY
}`,
		Good: `$PRIORITY=150
vrrp_instance VI_1 {
    priority $PRIORITY
}`,
	},
	{
		Name: "sequence-syntax", Severity: diag.Error,
		Doc: "a ~SEQ that cannot be read",
		Why: `keepalived does not read the line. It is ~SEQ(NAME, FROM, STEP, TO) before the text
that is repeated, where FROM and STEP may be left out.`,
	},
	{
		Name: "list-syntax", Severity: diag.Error,
		Doc: "a ~LST that cannot be read",
		Why: `keepalived does not read the line. It is ~LST(NAME, VALUE, VALUE...) before the text
that is repeated.`,
	},
	{
		Name: "include-check", Severity: diag.Error,
		Doc: "an include_check that cannot be read",
		Why: `The checks are match, wildcard_match and brace_match; behind the first each has + or
-. keepalived ignores the word, so that a missing file may go unnoticed.`,
	},
}
