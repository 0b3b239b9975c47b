// Package proc reads what Linux tells under /proc of processes, of their
// sockets and of the machine, as far as a benchmark wants to know it: processor
// time, resident memory, who listens at an address, and the time that the
// machine's other tenants took.
//
// Each reader has a parser beside it that knows no file. Elsewhere than on
// Linux, and for processes of others where the system hides them, the readers
// return an error.
package proc
