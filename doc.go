// Package pikv is a distributed key-value store in memory for a handful to a
// hundred small computers. The code lies in the folders below, one package and
// one noun each; ARCHITECTURE.md shows how they fit. A program that wants to
// store something imports pikv/client; an operator runs the commands of
// cmd/pikvd and cmd/pikv.
//
// The package itself holds only tests of the project as a whole: which folder may
// import which, what CI runs, what the Makefile says.
package pikv
