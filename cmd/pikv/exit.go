package main

import (
	"context"
	"errors"
	"fmt"

	"pikv/client"
)

// The exit codes, as the help shows them.
const (
	exitDone        = 0
	exitFailed      = 1 // also when interrupted
	exitUsage       = 2
	exitNotFound    = 3
	exitUnavailable = 4
	exitCondition   = 5 // a conditional write that did not apply
	exitNotSynced   = 6 // the time of wait was over
)

// usageError is a command line that makes no sense.
type usageError struct{ text string }

// Error returns the text.
func (e *usageError) Error() string { return e.text }

// usagef makes a usageError for the subcommand called command, "" for none.
func usagef(command, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...) + ": " + seeHelp(command)}
}

// seeHelp says where the help of a subcommand is, or of pikv itself.
func seeHelp(command string) string {
	if command == "" {
		return "see pikv --help"
	}
	return "see pikv " + command + " --help"
}

// exitCode maps an error to the code that the process ends with.
func exitCode(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, client.ErrNotFound):
		return exitNotFound
	case errors.Is(err, client.ErrConditionFailed):
		return exitCondition
	case errors.Is(err, errNotSynced):
		return exitNotSynced
	case errors.Is(err, client.ErrUnavailable):
		return exitUnavailable
	default:
		return exitFailed
	}
}

// message is what a person reads about err.
func message(err error) string {
	if errors.Is(err, context.Canceled) && !errors.Is(err, client.ErrUnknownFate) {
		return "interrupted"
	}
	return err.Error()
}
