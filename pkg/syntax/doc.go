// Package syntax reads the language of keepalived.conf into a tree with
// positions. It knows braces, quotes, comments, include, conditions (@),
// definitions ($), sequences and lists (~), but no keyword: what words a block
// takes it learns from a [Grammar].
//
// The reading is that of keepalived 2.2.7, measured with its configuration test
// (keepalived -t): its line lengths, its two ways to split a line into words
// ([Statement.Words] and [Statement.Unquote]), when it replaces which names, and
// what it makes of a brace that is missing or too much. [Intent] reads the same
// language but recovers from a mistake the way that its author meant it.
//
// A line that stands for others is where their statements are, and a word that
// stands for another is where that word is: it is there that a user looks.
// [Tree.Explain] adds where the definition is.
//
// Nothing here prints, and files are reached through [Files] alone.
package syntax
