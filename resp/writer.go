package resp

import "strconv"

// Writer appends replies to a buffer, in the form that the connection speaks:
// what RESP2 does not know is written as Redis writes it to clients of RESP2. Not
// safe for concurrent use.
type Writer struct {
	buf   []byte
	resp3 bool
}

// OK writes +OK.
func (w *Writer) OK() { w.buf = append(w.buf, "+OK\r\n"...) }

// Simple writes a status, which has no line ends.
func (w *Writer) Simple(s string) {
	w.buf = append(w.buf, '+')
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '\r', '\n')
}

// Int writes an integer.
func (w *Writer) Int(n int64) { w.header(':', n) }

// Bool writes 1 or 0, as nearly all commands do in RESP3, too.
func (w *Writer) Bool(b bool) {
	if b {
		w.buf = append(w.buf, ":1\r\n"...)
	} else {
		w.buf = append(w.buf, ":0\r\n"...)
	}
}

// Bulk writes a string of any bytes.
func (w *Writer) Bulk(b []byte) {
	w.header('$', int64(len(b)))
	w.buf = append(w.buf, b...)
	w.buf = append(w.buf, '\r', '\n')
}

// BulkString is Bulk of a string.
func (w *Writer) BulkString(s string) {
	w.header('$', int64(len(s)))
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '\r', '\n')
}

// BulkInt is Bulk of a decimal integer.
func (w *Writer) BulkInt(n int64) {
	var digits [20]byte
	w.Bulk(strconv.AppendInt(digits[:0], n, 10))
}

// Text writes a text for people: a verbatim string of RESP3.
func (w *Writer) Text(s string) {
	if !w.resp3 {
		w.BulkString(s)
		return
	}
	w.header('=', int64(len(s)+4))
	w.buf = append(w.buf, "txt:"...)
	w.buf = append(w.buf, s...)
	w.buf = append(w.buf, '\r', '\n')
}

// Null writes that there is nothing.
func (w *Writer) Null() {
	if w.resp3 {
		w.buf = append(w.buf, "_\r\n"...)
	} else {
		w.buf = append(w.buf, "$-1\r\n"...)
	}
}

// Array begins a list of n replies, which follow.
func (w *Writer) Array(n int) { w.header('*', int64(n)) }

// Map begins n pairs of replies: a list of twice as many in RESP2.
func (w *Writer) Map(n int) {
	if w.resp3 {
		w.header('%', int64(n))
	} else {
		w.header('*', 2*int64(n))
	}
}

// Set begins a list of n different replies.
func (w *Writer) Set(n int) {
	if w.resp3 {
		w.header('~', int64(n))
	} else {
		w.header('*', int64(n))
	}
}

// Error writes an error: its code, a space and a text. Line ends, which a client
// may have brought in, become spaces.
func (w *Writer) Error(s string) {
	w.buf = append(w.buf, '-')
	from := len(w.buf)
	w.buf = append(w.buf, s...)
	for i, c := range w.buf[from:] {
		if c == '\r' || c == '\n' {
			w.buf[from+i] = ' '
		}
	}
	w.buf = append(w.buf, '\r', '\n')
}

// header writes a mark and a number.
func (w *Writer) header(mark byte, n int64) {
	if uint64(n) < 10 {
		w.buf = append(w.buf, mark, byte('0'+n), '\r', '\n')
		return
	}
	w.buf = append(w.buf, mark)
	w.buf = strconv.AppendInt(w.buf, n, 10)
	w.buf = append(w.buf, '\r', '\n')
}
