// Package config is what keepalived.conf means: one table of keywords, and the
// decoding of a file into the settings that the core packages run on.
//
// [Load] reads a file, gives every default and keeps keepalived's reading, down
// to what it ignores; each thing that it ignores is a diagnostic. The table is
// reached by [Lookup] and [Keywords]. Behaviour, limits and defaults are those
// measured of keepalived 2.2.7; keepalived.conf(5) differs in places.
package config
