// Command pikvd is a node of a pikv cluster: `pikvd start` runs one in the role
// of a master or of a worker, `pikvd dev` runs a whole cluster in one process
// for a first try. The command finds its settings (flags, environment, file,
// defaults), makes one constructor call in package master or worker, waits for
// a signal, and turns the outcome into an exit code. No request passes through
// it: they enter by the RPC port that the node opens.
//
// Exit codes: 0 stopped as asked, 1 failed, 2 wrong usage.
package main

import (
	"errors"
	"fmt"
	"os"
)

// Set by the linker, as `make build` and `make dist` do: -X main.version=1.2.3.
var (
	version = "dev"
	commit  string // of the source, "" when unknown
)

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is an error that the person who typed the command can mend by
// typing another: flags, environment variables or the file.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func main() {
	err := newApp(os.Stdout, os.Stderr).Run(os.Args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "pikvd: %v\n", err)
	}
	os.Exit(exitCode(err))
}

// exitCode maps what a command returned to the code the process exits with.
func exitCode(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		return exitUsage
	default:
		return exitFailed
	}
}
