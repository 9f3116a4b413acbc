// Package vrrp is the Virtual Router Redundancy Protocol without any input or
// output: the codec of its messages and the state machine of one instance.
//
// Version 3 is RFC 9568, over IPv4 with either of the checksums that are in use;
// version 2 is RFC 3768, with the authentication of RFC 2338 that keepalived kept:
// passwords, and the authentication header of RFC 2402. Adverts of version 3 may have
// the signatures of keepalived 2.4 (auth_hmac).
// The states and their names are those of RFC 9568 and of keepalived.
//
// testdata/scenario is the documentation of the machine: the table_ files have
// every event in every state, the others a story each.
//
// Time comes in as an argument and what is to be done goes out as data, so that
// the same machine runs in the daemon, in a simulation and in scenario files.
package vrrp
