// Package eventloop serves TCP connections without a goroutine for each.
//
// A connection belongs to one loop for its whole life. What arrives on it goes
// into a buffer that the loop's connections share, and the connection's Handler
// is called with it. The handler takes what it can use from Turn.In and appends
// its answers to Turn.Out; when it returns, the loop writes these at once. Bytes
// that the handler leaves in Turn.In are kept for the next call. A large argument
// needs not gather there: the handler gives its memory to Turn.Fill.
//
// Answers that come later are appended to the Conn by any goroutine, which
// writes them itself by Flush, as far as the socket takes them; the loop does the
// rest. The order of answers is the handler's business: what Conn.Append was given
// goes before the Out of a turn that has not ended, unless the handler calls
// Turn.Settle before it lets others append.
//
// A handler must not block: all connections of its loop wait for it. It need not
// lock what only handlers of one loop use, since they are called one at a time.
//
// On linux a loop is a goroutine that waits in epoll, where it blocks its thread; with
// one processor it parks as other goroutines do. Elsewhere, and for listeners that
// are not TCP sockets, each connection has two goroutines after all, with the same
// promises.
package eventloop
