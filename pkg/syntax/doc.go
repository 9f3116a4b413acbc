// Package syntax reads the language of keepalived.conf into a tree with
// positions. It knows braces, quotes, comments and include, but no keyword: what
// words a block takes it learns from a [Grammar].
//
// The reading is that of keepalived 2.2.7, measured with its configuration test
// (keepalived -t): its line lengths, its two ways to split a line into words
// ([Statement.Words] and [Statement.Unquote]) and what it makes of a brace that
// is missing or too much. [Intent] reads the same language but recovers from a
// mistake the way that its author meant it.
//
// Nothing here prints, and files are reached through [Files] alone.
package syntax
