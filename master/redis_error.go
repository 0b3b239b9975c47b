package master

import (
	"errors"

	"pikv/client"
	"pikv/wire"
)

// redisError words an error of the proxy's client for clients of Redis. Those that
// begin with TRYAGAIN promise that the command had no effect.
func redisError(err error) string {
	if errors.Is(err, errContended) {
		return "TRYAGAIN " + err.Error()
	}
	if errors.Is(err, client.ErrClosed) {
		return "TRYAGAIN the master is shutting down"
	}
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return "ERR " + err.Error()
	}
	switch e.Code {
	case wire.CodeUnknownFate, wire.CodeForgotten:
		return "UNKNOWNFATE the write may have taken effect or not: " + e.Text
	case wire.CodeOutOfMemory:
		return "OOM command not allowed when used memory > 'maxmemory'."
	case wire.CodeUnavailable, wire.CodeNoWorkers:
		return redisDown + ": " + e.Text
	case wire.CodeBusy, wire.CodeTimeout, wire.CodeShuttingDown, wire.CodeMoved:
		return "TRYAGAIN " + e.Text
	case wire.CodeTooLarge:
		return "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	default:
		return "ERR " + e.Text
	}
}
