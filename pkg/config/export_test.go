package config

import "github.com/kactl/kactl/pkg/syntax"

// Grammar is what package syntax asks about keywords.
func Grammar() syntax.Grammar { return table().root }

// Protecting are the keywords whose lack is a warning.
var Protecting = protecting
