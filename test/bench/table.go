// Package bench is what the benchmarks share, programs that run keepalived and
// kactl through the same work: a table of figures, the limits that kactl's are
// held to, and what stands in for a test before the lab.
package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// A Report is a table of figures, one column for each program, and the limits
// that they are held to.
type Report struct {
	title   string
	columns []string
	rows    [][]string // each a name and its cells
	limits  []limit
}

// NewReport returns a report without figures. The columns are the programs.
func NewReport(title string, columns ...string) *Report {
	return &Report{title: title, columns: columns}
}

// Row adds a line of figures, one cell for each column, with their units.
func (r *Report) Row(name string, cells ...string) {
	r.rows = append(r.rows, append([]string{name}, cells...))
}

// Write writes the table, and then each limit with what became of it.
func (r *Report) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, row := range append([][]string{append([]string{r.title}, r.columns...)}, r.rows...) {
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	if len(r.limits) > 0 {
		fmt.Fprintln(table)
	}
	for _, l := range r.limits {
		fmt.Fprintln(table, l.line())
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the report of %s: %w", r.title, err)
	}
	return nil
}

// Median is the middle one, of an even number the lower middle: a time that
// was measured. It is 0 if there are none.
func Median(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(ds))[(len(ds)-1)/2]
}

// Worst is the longest one, 0 if there are none.
func Worst(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	return slices.Max(ds)
}
