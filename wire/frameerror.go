package wire

import "errors"

var (
	// ErrFrameTooLarge: a message is over Limits.Frame.
	ErrFrameTooLarge = errors.New("message is over the frame limit")
	// ErrBudget: the bytes in flight over all connections are used up.
	ErrBudget = errors.New("bytes in flight are used up")
	// ErrNotMessage: the bytes do not begin like a MessagePack-RPC message.
	ErrNotMessage = errors.New("not a MessagePack-RPC message")
)

// FrameError is a message that FrameReader.ReadFrame did not take. Unwrap
// gives one of the package's errors.
type FrameError struct {
	Err error
	// Request or Response is set when the part that arrived shows such a
	// message; ID is its message id then, so that the request can be
	// answered, or the call failed.
	Request  bool
	Response bool
	ID       uint32
	// CanDiscard is set when FrameReader.Discard can skip the message and
	// the connection go on with the next: the message is well formed so
	// far, but too large (ErrFrameTooLarge, ErrTooMany) or out of luck
	// (ErrBudget).
	CanDiscard bool
}

// Error tells the cause.
func (e *FrameError) Error() string { return "read message: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FrameError) Unwrap() error { return e.Err }

// fail notes that the current message is not taken because of err. buf holds
// what was kept of it; what follows is still in the buffer.
func (f *FrameReader) fail(buf []byte, err error) error {
	const headSize = 16 // more than a message takes up to its id
	var head [headSize]byte
	n := copy(head[:], buf)
	n += copy(head[n:], f.buf[f.start:f.end])
	f.failed = &FrameError{Err: err}
	if kind, id, ok := messageHead(head[:n]); ok {
		f.failed.ID = id
		f.failed.Request, f.failed.Response = kind == Request, kind == Response
	}
	f.failed.CanDiscard = errors.Is(err, ErrFrameTooLarge) || errors.Is(err, ErrTooMany) || errors.Is(err, ErrBudget)
	return f.failed
}

// Discard reads over the rest of the message that ReadFrame did not take, as
// long as that is at most max bytes, and keeps none of it. After it ReadFrame
// reads the next message. It returns the *FrameError again when the message
// is longer or cannot be discarded, and else the reader's errors.
func (f *FrameReader) Discard(max int64) error {
	failed := f.failed
	if failed == nil {
		return nil
	}
	if !failed.CanDiscard {
		return failed
	}
	for limit := f.total + max; ; {
		n, done, err := f.scan.advance(f.buf[f.start:f.end])
		f.consume(n)
		switch {
		case errors.Is(err, ErrTooMany):
			continue // it was over another limit first
		case err != nil:
			failed.CanDiscard = false
			return failed
		case f.total+int64(f.scan.payload) > limit:
			return failed
		case done:
			f.failed = nil
			return nil
		}
		if err := f.fill(); err != nil {
			return err
		}
	}
}
