// Package wire is what pikv says on its RPC connections: messages, error
// codes, and the MessagePack-RPC framing around them.
//
// A request travels through it like this. The caller's end appends a request
// header (AppendRequest) and the parameters (AppendGet and its siblings, or a
// map body with AppendBodyParams) to its out buffer. The callee's end cuts
// whole messages out of the byte stream with a FrameReader, which enforces
// Limits and a Budget before it holds any byte; ParseMessage splits a message
// into its fields without copying; DecodeGet and its siblings read the
// parameters in place. The reply goes back as AppendResponseOK and a result,
// or AppendResponseError, and is read the same way.
//
// The bytes are those of the public MessagePack-RPC specification, so any
// msgpack-rpc client can call a node: docs/WIRE.md tells its author how. The
// methods that carry values are encoded by hand (call.go, update.go, reply.go);
// the others carry one map each, encoded by go-msgpack (body.go). Nothing in this
// package starts a goroutine, and nothing that comes from the network makes it
// panic or allocate more than a small multiple of the bytes that arrived.
package wire
