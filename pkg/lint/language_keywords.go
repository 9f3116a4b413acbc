package lint

import "github.com/kactl/kactl/pkg/diag"

// keywordFindings are about words and their values, in any block.
var keywordFindings = []*Rule{
	{
		Name: "unknown-keyword", Severity: diag.Error,
		Doc: "a keyword that the block does not take",
		Why: `keepalived ignores the line, and starts. Often it is a typing error, an l that is
a 1, or a keyword of another block; the hint says which. An unknown word with a {
is worse: keepalived ignores the {, so that the } meant for it closes the block
around it, and all that follows there is lost.`,
		Bad: `vrrp_instance VI_1 {
    virtua1_ipaddress {
        192.0.2.100/24
    }
}`,
		Good: `vrrp_instance VI_1 {
    virtual_ipaddress {
        192.0.2.100/24
    }
}`,
	},
	{
		Name: "missing-value", Severity: diag.Error,
		Doc: "a keyword without the value that it must have",
		Why: `keepalived stops reading where it misses one and exits; behind an address it drops
the address. Write the value, or remove the keyword.`,
	},
	{
		Name: "value", Severity: diag.Error,
		Doc: "a word that is none of those that the keyword takes",
		Why: `keepalived ignores the keyword or uses its default, which the message says.
Capitals count: it is MASTER and PASS.`,
	},
	{
		Name: "number", Severity: diag.Error,
		Doc: "a value that is no number, or outside of its limits",
		Why: `keepalived ignores the keyword or uses its default, which the message says. 0 is
outside too where it would mean none: leave out vrrp_garp_interval 0 and
persistence_timeout 0, which tutorials copy from each other.`,
		Bad:  `virtual_router_id 300`,
		Good: `virtual_router_id 51`,
	},
	{
		Name: "address", Severity: diag.Error,
		Doc: "a word that is no IP address where one belongs, or one of the wrong kind",
		Why: `keepalived skips the line or uses its default, which the message says. Names are
not looked up.`,
	},
	{
		Name: "mask", Severity: diag.Warning,
		Doc: "an address with a slash and nothing behind it",
		Why: `keepalived takes it for /0, the whole Internet: the address is added with a
network that covers everything. Write the length of the mask.`,
	},
	{
		Name: "extra-words", Severity: diag.Error,
		Doc: "words that the line does not take",
		Why: `keepalived ignores them, or all of the line from there on. A comment starts with #
or !, and an option of an address is one of dev, scope, label, brd and peer.
A program with arguments is written in quotes.`,
		Bad:  `192.0.2.100/24 dev eth0 labe1 eth0:1`,
		Good: `192.0.2.100/24 dev eth0 label eth0:1`,
	},
	{
		Name: "duplicate-keyword", Severity: diag.Warning,
		Doc: "a keyword that is given twice in a block",
		Why: `The last one counts, except for the programs of notify_master and its like, of
which keepalived keeps the first and ignores the others as an error. Those are
often one of notify_backup and notify_fault that was not renamed when copied.`,
		Bad: `notify_master "/etc/keepalived/notify.sh master"
notify_backup "/etc/keepalived/notify.sh backup"
notify_master "/etc/keepalived/notify.sh fault"`,
		Good: `notify_master "/etc/keepalived/notify.sh master"
notify_backup "/etc/keepalived/notify.sh backup"
notify_fault "/etc/keepalived/notify.sh fault"`,
	},
	{
		Name: "deprecated", Severity: diag.Error,
		Doc: "a keyword that another one has replaced",
		Why: `keepalived understands it and complains. Write the one that the hint names.`,
	},
	{
		Name: "empty-block", Severity: diag.Error,
		Doc: "a block with nothing in it",
		Why: `keepalived complains of it and goes on as if it were not there.`,
	},
	{
		Name: "name", Severity: diag.Error,
		Doc: "a block without its one name",
		Why: `keepalived skips the block. A name is one word; quotes make one of several.`,
	},
	{
		Name: "duplicate-name", Severity: diag.Error,
		Doc: "two blocks of one kind with one name",
		Why: `keepalived skips the second one with all that is in it. Rename it, or move what it
says into the first.`,
	},
	{
		Name: "duplicate-block", Severity: diag.Error,
		Doc: "a block that there is already, of the same kind and name",
		Why: `keepalived ignores the second one. Rename it, or move what it says into the first.`,
	},
	{
		Name: "no-effect", Severity: diag.Info,
		Doc: "something that keepalived acts on and kactl does not yet",
		Why: `It is read and checked, and kactl run goes on without it. keepalived does what it
says. It is a warning where the file asks for protection that it does not have
then: members of a sync group part, what is tracked fails without consequence, a
check is not made. The message may say what happens instead.`,
	},
	{
		Name: "not-run", Severity: diag.Warning,
		Doc: "an instance, a service or a real server that kactl leaves out, for what it does not support yet",
		Why: `Without the part that is not supported it would do something else than what is
written, so that it is left out as a whole. A real server that nothing would find
down gets no clients: add a TCP_CHECK. keepalived runs it.`,
	},
}
