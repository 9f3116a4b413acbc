package cmd

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kactl/kactl/pkg/escape"
	"github.com/kactl/kactl/pkg/rssetup"
)

// writeSteps prints what was done, by the time of a failure if there was one, and
// returns that. Where nothing was to do it says so.
func (r realServer) writeSteps(steps []rssetup.Step, failure error) error {
	if r.settings.GetString("output") == "json" {
		type step struct {
			Command string `json:"command"`
			rssetup.Step
		}
		list := make([]step, 0, len(steps))
		for _, s := range steps {
			list = append(list, step{s.Command(), s})
		}
		return errors.Join(r.writeJSON(struct {
			Changed bool   `json:"changed"`
			Steps   []step `json:"steps"`
		}{len(steps) > 0 && !r.settings.GetBool("dry-run"), list}), failure)
	}
	if len(steps) == 0 && failure == nil {
		_, err := fmt.Fprintln(r.out, "# nothing to do")
		return err
	}
	for _, s := range steps {
		if _, err := fmt.Fprintln(r.out, escape.Lines(s.Command())); err != nil {
			return errors.Join(err, failure)
		}
	}
	return failure
}

func (r realServer) writeJSON(v any) error {
	e := json.NewEncoder(escape.JSON(r.out))
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// status prints what was found, and fails if anything is wrong.
func (r realServer) status(setup *rssetup.Setup, targets []rssetup.Target) error {
	found, err := setup.Status(targets)
	if err != nil {
		return err
	}
	ok := true
	for _, f := range found {
		ok = ok && f.OK
	}
	if r.settings.GetString("output") == "json" {
		err = r.writeJSON(struct {
			OK       bool              `json:"ok"`
			Findings []rssetup.Finding `json:"findings"`
		}{ok, found})
	} else {
		err = r.writeFindings(found)
	}
	if err == nil && !ok {
		return statusError{status: exitError}
	}
	return err
}

func (r realServer) writeFindings(found []rssetup.Finding) error {
	for _, f := range found {
		verdict := "ok   "
		if !f.OK {
			verdict = "wrong"
		}
		line := verdict + "  " + escape.Line(f.What)
		if f.Fix != "" {
			line += "\n       " + escape.Lines(f.Fix)
		}
		if _, err := fmt.Fprintln(r.out, line); err != nil {
			return err
		}
	}
	return nil
}
