package wire

import (
	"errors"
	"fmt"
)

// Code is the stable first element of an error on the wire, which is
// [code, text] (CodeMoved: [code, text, owner address, partition epoch]).
type Code string

// The codes. Retryable ones promise that the request had no effect.
const (
	CodeBadRequest    Code = "bad_request"      // malformed parameters or unknown option
	CodeUnknownMethod Code = "unknown_method"   // no such method on this node
	CodeEmptyKey      Code = "empty_key"        // a key has at least one byte
	CodeTooLarge      Code = "too_large"        // key, value or frame over the limit
	CodeMoved         Code = "moved"            // retryable: another worker owns the key
	CodeBusy          Code = "busy"             // retryable: a limit on calls, bytes in flight or clients is reached, or the node has no view yet
	CodeTimeout       Code = "timeout"          // retryable: the deadline passed before the request had any effect
	CodeShuttingDown  Code = "shutting_down"    // retryable: the node is stopping
	CodeLarge         Code = "large"            // retryable: the values are over what AtMost said of this connection; ask on another one
	CodeNoWorkers     Code = "no_workers"       // the cluster has no worker yet
	CodeUnavailable   Code = "unavailable"      // the partition has no replica that can serve
	CodeOutOfMemory   Code = "out_of_memory"    // the write would pass --max-memory; nothing was changed
	CodeUnknownFate   Code = "unknown_fate"     // the write may or may not have taken effect; safe to repeat only under its name
	CodeForgotten     Code = "forgotten"        // a repeated write, of which no record is left: whether it took effect will never be known
	CodeCondition     Code = "condition_failed" // the key is not as the write's condition wants it; nothing was changed
	CodeNotInteger    Code = "not_integer"      // Incr of a value that is no integer, or past 64 bits; nothing was changed
	CodeUnknownNode   Code = "unknown_node"     // no worker of that name
	CodeRefused       Code = "refused"          // a rule forbids it; the text says which
	CodeStale         Code = "stale"            // the request names an epoch or master that is no longer in force, or a write that its client was finished with
	CodeNotMaster     Code = "not_master"       // only the master answers this
	CodeInternal      Code = "internal"         // a bug or a failed disk; see the node's log
)

// Error is an error that crossed, or will cross, the wire.
type Error struct {
	Code Code
	Text string
	// Owner and Epoch are set for CodeMoved: the RPC address of the owner
	// and the epoch of the partition's configuration that says so.
	Owner string
	Epoch uint64
}

// Errorf makes an Error with a formatted text.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Error returns the text followed by the code.
func (e *Error) Error() string { return e.Text + " (" + string(e.Code) + ")" }

// Is reports whether target is an *Error with the same code, so that
// errors.Is(err, &wire.Error{Code: wire.CodeMoved}) works.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Retryable reports whether the same request may be sent again: it had no effect.
func (e *Error) Retryable() bool {
	switch e.Code {
	case CodeMoved, CodeBusy, CodeTimeout, CodeShuttingDown, CodeLarge:
		return true
	default:
		return false
	}
}

// AsError returns err as a wire error; any other error becomes CodeInternal.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Code: CodeInternal, Text: err.Error()}
}
