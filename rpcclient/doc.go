// Package rpcclient is the caller's side of MessagePack-RPC: one connection
// carries any number of calls at once, and a Pool keeps one or two connections
// per address.
//
// A call travels through it like this. Call gives the request an id, notes
// who waits for it, and appends it to the connection's outbox (package
// rpcconn). The caller that finds the socket free writes what has gathered
// there, its own request and those of others. The connection's reader
// goroutine cuts replies out of the stream (wire.FrameReader), and hands them to whoever waits under that id, who reads the
// result: a small reply is copied once, from where it was read, a large one is read
// into its place. A reply for which nobody waits any more is dropped. A caller that is
// alone and makes one call after the other reads for itself meanwhile: turn.go.
//
// Begin makes a call without a goroutine that waits: the reader itself gives the
// reply to a Receiver. What receivers send in turn leaves when the reader has
// handled all that had arrived (rpcconn.Bursts), and so do begun requests.
//
// What a caller may do after a failure is told by ErrNotSent, ErrBroken and
// *wire.Error.
package rpcclient
