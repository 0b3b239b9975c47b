// Package proc reads what Linux tells of processes, of their sockets and of the
// machine, as far as a benchmark wants to know it: processor time (by the clock that
// each process has), and under /proc resident memory, who listens at an address, and
// the time that the machine's other tenants took.
//
// Each reader of a file has a parser beside it that knows none. Elsewhere than on
// Linux, and for processes of others where the system hides them, the readers
// return an error.
package proc
