// Package client is the Go client of a pikv cluster.
//
// A request travels like this: the key's slot gives its partition, and the
// cached view gives the partition's owner; the request goes to that worker in
// one hop, on a connection that many calls share (a value over 64 KiB takes a
// second connection, so that small calls do not wait behind it). A worker
// that does not own the partition answers with the owner's address and the
// partition's epoch: the client asks there at once, and renews its view
// behind the call's back. It also renews the view, from another node, when a
// connection breaks and when a call has waited for 500 ms.
//
// Answers that promise "nothing happened" are retried with a growing, jittered
// pause until the call's timeout. Reads are retried after a broken
// connection, too. A write that was sent and not answered is never sent again:
// the call returns ErrUnknownFate, and the caller decides (read the key, or
// write once more if that does no harm).
//
// Batches (MGet, MPut, MDel) are grouped by owner, cut to bounded frames and
// sent side by side; only the items that were refused are retried.
package client
