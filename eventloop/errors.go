package eventloop

import "errors"

var (
	// ErrClosed is returned for bytes that come after Finish or Close, and by
	// Start after Close.
	ErrClosed = errors.New("connection is closed for sending")
	// ErrMaxOutput closes a connection on which Config.MaxOutput bytes wait to be sent.
	ErrMaxOutput = errors.New("too many bytes wait to be sent")
	// ErrMaxPending closes a connection whose handler waits for more than
	// Config.MaxPending bytes.
	ErrMaxPending = errors.New("too many bytes wait for the rest of a message")
	// ErrSlowReader closes a connection whose peer has taken nothing for Config.WriteTimeout,
	// or less than Config.LeastRate, as these say.
	ErrSlowReader = errors.New("peer does not read")
	// ErrSlowSender closes a connection whose peer did not send the rest of what it had
	// begun within Config.InputTimeout.
	ErrSlowSender = errors.New("peer does not send the rest")
	// ErrPanic closes a connection whose handler panicked.
	ErrPanic = errors.New("handler panicked")
	// ErrShutdown closes the connections that are open when Server.Close runs out of time.
	ErrShutdown = errors.New("server is closed")
)
