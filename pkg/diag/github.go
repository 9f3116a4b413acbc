package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/kactl/kactl/pkg/escape"
)

// WriteGitHub writes ds as the commands of a GitHub workflow that put them
// beside the lines of a pull request. src may be nil.
func WriteGitHub(w io.Writer, ds []Diagnostic, src *Sources) error {
	out := bufio.NewWriter(w)
	for _, d := range ds {
		command := d.Severity.String()
		if d.Severity == Info {
			command = "notice"
		}
		r := src.shown(d.Range)
		fmt.Fprintf(out, "::%s file=%s", command, githubProperty.Replace(escape.Line(r.File)))
		if r.Start.Line > 0 {
			fmt.Fprintf(out, ",line=%d,col=%d,endLine=%d,endColumn=%d", r.Start.Line, r.Start.Column, r.End.Line, r.End.Column)
		}
		fmt.Fprintf(out, ",title=%s::%s\n", githubProperty.Replace(escape.Line(d.Rule)), githubData.Replace(escape.Line(d.Message)))
	}
	return flush(out)
}

// What GitHub's commands escape, in a message and in the value of a property.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
