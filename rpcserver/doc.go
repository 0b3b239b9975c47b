// Package rpcserver is the server side of MessagePack-RPC: one port, many
// connections, any number of calls in flight on each, replies in any order.
//
// A request travels through it like this. The connection's reader goroutine
// cuts one frame out of the stream (wire.FrameReader), parses it into a Call
// and looks its method up. A handler registered with Handle runs right there,
// so it must not block; one registered with HandleSlow gets a goroutine, and so
// does a call that the former hands on with Slow. Either calls Reply or Fail, from any goroutine, now or later: the reply is appended
// to the connection's outbox (package rpcconn). Replies of handlers that the
// reader ran leave in one write before the reader waits for more bytes; all
// others are written by the connection's writer goroutine, as many at a time
// as are ready.
//
// A small request is copied out of the reader's buffer, which the next read fills: a
// handler may keep it until it replies. So the value of a small Put is copied twice, here
// and into the store; the first copy is a hundredth of the request's processor time.
//
// A client may say of a connection that it wants no large answers on it
// (wire.MethodAtMost); handlers of reads ask Call.Wants.
//
// Another node is told from a client by its hello (HandleHello): from then on
// its connection counts against limits of its own, so that clients who use up
// theirs cannot cut nodes off from each other.
//
// Everything that the other side can make the server hold is bounded: connections,
// calls in flight per connection, goroutines for slow calls, of which the methods that a
// cluster needs have their share (HandleMany), the bytes of large requests and replies
// over all connections, waiting reply bytes per connection, the time that a started frame
// or an unread reply may take, and how slowly replies may be read.
// See Config.
package rpcserver
