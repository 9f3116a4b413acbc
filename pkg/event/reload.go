package event

import (
	"fmt"
	"time"
)

// Reload is the end of a reload.
type Reload struct {
	// File is the configuration file.
	File string
	// Err is why the settings before it stay in force; nil if the new ones are.
	Err error
	// Missing are the reasons why not all of them are in force; nil if all are.
	Missing []error
	// Errors and Warnings count what was found in the file.
	Errors, Warnings int
	At               time.Time
}

// Subject is the configuration.
func (e Reload) Subject() Subject { return Subject{Kind: Configuration} }

// Time is when it happened.
func (e Reload) Time() time.Time { return e.At }

func (e Reload) String() string {
	text := fmt.Sprintf("reload of %s: %d errors, %d warnings", e.File, e.Errors, e.Warnings)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	for _, err := range e.Missing {
		text += ", missing: " + err.Error()
	}
	return text
}
