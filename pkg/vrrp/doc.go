// Package vrrp is the Virtual Router Redundancy Protocol without any input or
// output: the codec of its messages and the state machine of one instance.
//
// Version 2 is RFC 3768, with the authentication of RFC 2338 that keepalived
// kept; the states and their names are those of RFC 9568 and of keepalived.
// Time comes in as an argument and what is to be done goes out as data, so that
// the same machine runs in the daemon, in a simulation and in scenario files.
package vrrp
