package wire

import (
	"errors"
	"io"
)

const (
	// readSize is the size of a reader's own buffer: one read takes up to so
	// many bytes of small messages. An idle connection costs that much.
	readSize = 16 << 10
	// freeSize is the message size up to which no budget is asked: such
	// messages are bounded by the number of calls in flight.
	freeSize = 4 << 10
	// firstGrowth is the capacity up to which a message over freeSize may
	// grow in one step; from there on the capacity at most doubles.
	firstGrowth = 32 << 10
	// maxEmptyReads is how often a reader may return nothing in a row.
	maxEmptyReads = 100
)

// FrameReader cuts whole MessagePack-RPC messages out of a byte stream. The
// format has no length in front: the reader parses as bytes arrive, keeps
// what belongs to the message, and stops at its last byte. What it holds is
// bounded by what arrived, never by a length that somebody claims. Not safe
// for concurrent use.
type FrameReader struct {
	// BeforeRead, when not nil, is called before each Read of the
	// underlying reader with the number of bytes of the current message
	// that have arrived, 0 between messages: the place to set a deadline.
	// missing is how many of a long value, and so of the message, have been
	// announced and are still to come, 0 when that is not known.
	BeforeRead func(arrived int64, missing int)
	// Reuse, when not nil, may return the room for a message over 4 KiB that begins
	// with head and of which whole bytes are announced: an empty slice of which
	// nobody else has a part, with room for least bytes, and for few more than
	// whole. All of it is taken from the budget.
	Reuse func(head []byte, least, whole int) []byte
	// Growth is to how many times what has arrived the room for a message may
	// grow, which is what a liar gets for nothing; 0 means 2. More is for who
	// trusts the other side, and saves the copying.
	Growth int64
	// Resume lets ReadFrame be called again after an error of the reader's own also
	// inside a message: it goes on where it was. Its buf is not used then.
	Resume bool
	// Lend lets ReadFrame return a message of at most 4 KiB where it lies among what
	// was read, if all of it is there: it is not the caller's then, see Lent.
	Lend bool

	r      io.Reader
	limits Limits
	budget *Budget

	// buf[start:end] was read and not consumed. Allocated at the first read.
	buf        []byte
	start, end int

	scan     scanner
	total    int64 // bytes of the current message consumed so far
	reserved int64 // bytes taken from the budget for the current message
	// failed is set while the stream stands inside a message that was not
	// taken. Discard clears it when CanDiscard.
	failed *FrameError
	kept   []byte // with Resume: what has arrived of the current message
	lent   bool   // the last message was
}

// NewFrameReader makes a reader of messages within limits. The bytes of
// messages over 4 KiB are taken from budget, which may be nil.
func NewFrameReader(r io.Reader, limits Limits, budget *Budget) *FrameReader {
	return &FrameReader{r: r, limits: limits, budget: budget}
}

// Buffered is the number of bytes that have been read from the stream and
// belong to messages not yet returned.
func (f *FrameReader) Buffered() int { return f.end - f.start }

// Lent reports whether the last message was lent: it is valid until the next call of
// ReadFrame, and ReadFrame has not used its buf.
func (f *FrameReader) Lent() bool { return f.lent }

// ReadFrame reads the next message into buf[:0], which it grows as bytes
// arrive, and returns it: the caller owns it. reserved is what it took from
// the budget; the caller releases it when it is done with the message. On an
// error nothing stays reserved.
//
// The error is io.EOF when the stream ends between messages,
// io.ErrUnexpectedEOF when it ends inside one, a *FrameError for a message
// that is not taken, else the reader's. After a *FrameError the stream
// stands inside the message: either Discard it or give the stream up. After
// the reader's own error, say a deadline, it may be called again if that
// happened between messages, or with Resume.
func (f *FrameReader) ReadFrame(buf []byte) (frame []byte, reserved int64, err error) {
	if f.failed != nil {
		return nil, 0, f.failed
	}
	f.lent = false
	if f.kept == nil {
		f.scan.reset(f.limits.Depth, f.limits.Elements)
		f.total, f.reserved = 0, 0
		frame, err = f.readFrame(buf[:0])
	} else {
		buf, f.kept = f.kept, nil
		frame, err = f.readFrame(buf)
	}
	if err != nil && f.Resume && f.failed == nil && f.total > 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
		f.kept = frame
		return nil, 0, err
	}
	if err != nil {
		f.budget.Release(f.reserved)
		if f.failed == nil && f.total > 0 {
			f.failed = &FrameError{Err: err} // what was kept of the message is gone
		}
		return nil, 0, err
	}
	return frame, f.reserved, nil
}

func (f *FrameReader) readFrame(buf []byte) ([]byte, error) {
	for {
		chunk := f.buf[f.start:f.end]
		if f.total == 0 && len(chunk) > 0 && !beginsMessage(chunk[0]) {
			return nil, f.fail(buf, ErrNotMessage)
		}
		n, done, err := f.scan.advance(chunk)
		if err == nil && f.total+int64(n)+int64(f.scan.payload) > int64(f.limits.Frame) {
			err = ErrFrameTooLarge
		}
		if err == nil && done && f.Lend && f.total == 0 && n <= freeSize {
			f.consume(n)
			f.lent = true
			return chunk[:n:n], nil
		}
		if err == nil {
			buf, err = f.grow(buf, chunk, n)
		}
		if err != nil {
			err = f.fail(buf, err)
			f.consume(n)
			return nil, err
		}
		buf = append(buf, chunk[:n]...)
		f.consume(n)
		if done {
			return buf, nil
		}
		if f.scan.payload >= readSize {
			buf, err = f.readPayload(buf)
		} else {
			err = f.fill()
		}
		if err != nil {
			return buf, err
		}
	}
}

// readPayload reads the rest of a long str, bin or ext straight behind buf.
func (f *FrameReader) readPayload(buf []byte) ([]byte, error) {
	for f.scan.payload > 0 {
		grown, err := f.grow(buf, nil, 1)
		if err != nil {
			return buf, f.fail(buf, err)
		}
		buf = grown
		room := buf[len(buf):cap(buf)]
		if uint64(len(room)) > uint64(f.scan.payload) {
			room = room[:f.scan.payload]
		}
		n, err := f.read(room, int(f.scan.payload))
		if err != nil {
			return buf, err
		}
		buf = buf[:len(buf)+n]
		f.scan.payload -= uint32(n)
		f.total += int64(n)
	}
	return buf, nil
}

// grow makes room for n more bytes behind buf, which go on with next, and takes
// from the budget what the message then occupies.
func (f *FrameReader) grow(buf, next []byte, n int) ([]byte, error) {
	need := len(buf) + n
	size := int64(need)
	switch {
	case need <= cap(buf):
	case need <= freeSize: // no less than what is free, or a long value whose first packet is short comes byte by byte
		size = min(size+int64(f.scan.payload), freeSize)
	default:
		size = nextCap(int64(len(buf)), size, int64(f.scan.payload), max(f.Growth, 2))
	}
	if size > freeSize && size > f.reserved {
		if !f.budget.Acquire(size - f.reserved) {
			return buf, ErrBudget
		}
		f.reserved = size
	}
	if need <= cap(buf) {
		return buf, nil
	}
	if f.Reuse != nil && size > freeSize {
		whole := max(need+int(f.scan.payload), int(size))
		head := buf
		if len(head) == 0 {
			head = next
		}
		if kept := f.Reuse(head, int(size), whole); kept != nil && f.budget.Acquire(int64(cap(kept))-f.reserved) {
			f.reserved = int64(cap(kept))
			return append(kept, buf...), nil
		}
	}
	return append(make([]byte, 0, size), buf...), nil
}

// nextCap is the capacity for a message of which have bytes are kept, need
// bytes must fit, and payload more bytes are announced. It aims at the whole
// by steps to at most growth times what arrived, and grows by half at least, so
// that a message of many values is not copied once for each of them.
func nextCap(have, need, payload, growth int64) int64 {
	const tail = 64 // options, say, that follow the payload
	size := need + payload + tail
	for most := max(growth*have, firstGrowth); size > most; {
		size = (size + 1) / 2
	}
	return max(size, need, have+have/2)
}

// consume drops the first n bytes of the buffer, which belong to the current
// message.
func (f *FrameReader) consume(n int) {
	f.start += n
	f.total += int64(n)
}

// fill reads more bytes behind buf[start:end], of which less than a header
// is left.
func (f *FrameReader) fill() error {
	if f.buf == nil {
		f.buf = make([]byte, readSize)
	}
	f.end = copy(f.buf, f.buf[f.start:f.end])
	f.start = 0
	n, err := f.read(f.buf[f.end:], 0)
	f.end += n
	return err
}

// read reads at least one byte into p, or fails. missing is BeforeRead's.
func (f *FrameReader) read(p []byte, missing int) (int, error) {
	arrived := f.total + int64(f.end-f.start)
	for range maxEmptyReads {
		if f.BeforeRead != nil {
			f.BeforeRead(arrived, missing)
		}
		n, err := f.r.Read(p)
		switch {
		case n > 0:
			return n, nil // an error comes again at the next read
		case err == io.EOF && arrived > 0:
			return 0, io.ErrUnexpectedEOF
		case err != nil:
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

// beginsMessage reports whether a message, an array of three or four, may
// begin with c. It refuses most garbage at its first byte.
func beginsMessage(c byte) bool {
	return c == codeFixArray|3 || c == codeFixArray|4 || c == codeArray16 || c == codeArray32
}
