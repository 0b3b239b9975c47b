package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"pikv/wire"
)

// The errors that a caller may want to tell apart, with errors.Is. Every
// error that came from a node has a *wire.Error in its chain, and so have
// those marked "wire": wire.AsError tells their code to who passes them on.
var (
	// ErrNotFound is returned by Get for a key that does not exist.
	ErrNotFound = errors.New("key not found")
	// ErrUnavailable is returned when nobody could serve the call before its
	// timeout: no node answered, there is no worker, or the key's partition
	// has no replica that can serve. The request had no effect. (wire)
	ErrUnavailable error = &wire.Error{Code: wire.CodeUnavailable, Text: "cluster unavailable"}
	// ErrNoWorkers is returned by a cluster that has no worker. Such an error
	// matches ErrUnavailable, too. (wire)
	ErrNoWorkers error = &wire.Error{Code: wire.CodeNoWorkers, Text: "no workers"}
	// ErrConditionFailed is returned for a write whose condition was not met. It
	// had no effect. (wire)
	ErrConditionFailed error = &wire.Error{Code: wire.CodeCondition, Text: "condition failed"}
	// ErrNotInteger is returned by Incr for a value that is no integer of 64
	// bits, or would not be one any more. It had no effect. (wire)
	ErrNotInteger error = &wire.Error{Code: wire.CodeNotInteger, Text: "not an integer"}
	// ErrUnknownFate is returned for a write that was sent, and repeated under its
	// name, but of which nobody could say until the timeout (or the end of ctx)
	// what became of it: it may have taken effect, or may a little later. (wire)
	ErrUnknownFate error = &wire.Error{Code: wire.CodeUnknownFate, Text: "fate of the write unknown"}
	// ErrEmptyKey is returned for a key of no bytes. (wire)
	ErrEmptyKey error = &wire.Error{Code: wire.CodeEmptyKey, Text: "empty key"}
	// ErrTooLarge is returned for a key or value over the limit. (wire)
	ErrTooLarge error = &wire.Error{Code: wire.CodeTooLarge, Text: "too large"}
	// ErrOutOfMemory is returned for a write that passes the owner's
	// --max-memory. Nothing was changed. (wire)
	ErrOutOfMemory error = &wire.Error{Code: wire.CodeOutOfMemory, Text: "out of memory"}
	// ErrUnknownNode is returned by Drain for a name that no worker has. (wire)
	ErrUnknownNode error = &wire.Error{Code: wire.CodeUnknownNode, Text: "unknown node"}
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("client is closed")
)

// failure is an error of the client's own making: a code that a caller can
// pass on, a text that says what to do, and what caused it.
type failure struct {
	wire   *wire.Error
	causes []error // also in the chain; none is nil
}

// Error returns the text and, when there is one, the cause.
func (f *failure) Error() string { return f.wire.Text }

// Unwrap puts the code first, so that wire.AsError finds it before the causes'.
func (f *failure) Unwrap() []error { return append([]error{f.wire}, f.causes...) }

// unavailable makes a failure that matches ErrUnavailable and causes.
func unavailable(text string, causes ...error) error {
	return &failure{wire: wire.Errorf(wire.CodeUnavailable, "%s", text), causes: present(causes)}
}

// noWorkers makes a failure that matches ErrNoWorkers and ErrUnavailable.
func noWorkers() error {
	return &failure{
		wire:   wire.Errorf(wire.CodeNoWorkers, "the cluster has no workers yet: start one (pikvd start --role worker)"),
		causes: []error{ErrUnavailable},
	}
}

// unknownFate makes a failure that matches ErrUnknownFate and the causes; the
// first of them is told.
func unknownFate(addr string, cause error, also ...error) error {
	text := addr + " did not answer"
	if answer, ok := errors.AsType[*wire.Error](cause); ok {
		text = addr + " answered: " + answer.Error()
	} else if why := rootCause(cause); why != "" {
		text += " (" + why + ")"
	}
	return &failure{
		wire: wire.Errorf(wire.CodeUnknownFate,
			"%s: the write may or may not have taken effect; read the key to find out", text),
		causes: append([]error{cause}, also...),
	}
}

// noAnswer says that none of addrs answered, and why the last one did not.
func noAnswer(addrs []string, cause error) error {
	text := "no node answers at " + strings.Join(addrs, ", ")
	if why := rootCause(cause); why != "" {
		text += " (" + why + ")"
	}
	return unavailable(text+": is pikvd running?", cause)
}

// rootCause returns what a person needs to know of err, "" when that is no
// more than that time ran out.
func rootCause(err error) string {
	var answer *wire.Error
	var errno syscall.Errno
	var dns *net.DNSError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &answer):
		return answer.Error()
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &dns):
		return dns.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return ""
	default:
		return innermost(err).Error()
	}
}

// innermost returns what err began with: the chain names the address once more
// at each step.
func innermost(err error) error {
	for {
		causes := []error{errors.Unwrap(err)}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			causes = many.Unwrap()
		}
		if len(causes) == 0 || causes[len(causes)-1] == nil {
			return err
		}
		err = causes[len(causes)-1]
	}
}

// gaveUp is the result of a call that may not go on: ctxErr, the context's
// error, says why. last is what its last attempt, at addr, ended with, nil when
// there was none.
func gaveUp(ctxErr error, addr string, last error) error {
	if errors.Is(ctxErr, context.Canceled) {
		return ctxErr
	}
	text := "no answer before the timeout"
	switch {
	case last == nil || addr == "":
	case errors.Is(last, context.DeadlineExceeded):
		text = addr + " did not answer before the timeout"
	default:
		text = "gave up at the timeout: " + addr + ": " + rootCause(last)
	}
	return unavailable(advised(text), ctxErr, last)
}

// explained returns e as the caller of a public method gets it: the codes
// that a person can do something about say what.
func explained(e *wire.Error) error {
	switch e.Code {
	case wire.CodeNoWorkers:
		return noWorkers()
	case wire.CodeUnavailable:
		return unavailable(advised(e.Text), e)
	default:
		return e
	}
}

// advised is text with what to do: once, since a master that was asked in a worker's place
// has said it already.
func advised(text string) string {
	const advice = ": see pikv status"
	return strings.TrimSuffix(text, advice) + advice
}

// present returns errs without the nils.
func present(errs []error) []error {
	var out []error
	for _, err := range errs {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

// about names the operation and the key in err.
func about(op, key string, err error) error {
	const shown = 64
	if len(key) > shown {
		return fmt.Errorf("%s %q...: %w", op, key[:shown], err)
	}
	return fmt.Errorf("%s %q: %w", op, key, err)
}
