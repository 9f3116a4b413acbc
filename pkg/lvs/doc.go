// Package lvs computes the IPVS table that a configuration and the health of
// its real servers ask for, and the operations that turn one table into
// another. It does no input or output and knows nothing of the kernel's
// interface; package ipvs does.
package lvs
