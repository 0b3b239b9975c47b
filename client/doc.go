// Package client is the Go client of a pikv cluster.
//
// A request travels like this: the key's slot gives its partition, and the
// cached view gives the partition's owner; the request goes to that worker in
// one hop, on a connection that many calls share (a value over 64 KiB takes a
// second connection, so that small calls do not wait behind it: one that is read
// does because the client says at the beginning of the shared connection that it
// wants no large answers there, so that the worker answers only that the value is
// large, and the client, which remembers some of those, asks again). A worker
// that does not own the partition answers with the owner's address and the
// partition's epoch: the client asks there at once, and renews its view
// behind the call's back. It also renews the view, from another node, when a
// connection breaks and when a call has waited for 500 ms.
//
// # Exactly once
//
// Every write has a name: the client's number, drawn at random by New, and a
// sequence number. A worker that has run a write remembers its outcome under
// that name, and so do the backups. So whatever was refused, lost with its
// connection or held by a worker that went away is sent again, with a growing,
// jittered pause, to whoever owns the key by then, until the call's timeout:
// the write takes effect once, and the answer is that of the time when it did
// (an Incr returns that sum, a failed condition is not tried again). A
// worker forgets an outcome when the client says that it waits no more, which
// it does with its next write. That holds for MPut and MDel, too, item by item,
// and through WithProxy.
//
// ErrUnknownFate is returned when the time is over, or ctx ends, while an
// attempt that was sent is still unanswered, or when the cluster has lost the
// record of the write, or refuses to repeat it. Then, and only then, it is for
// the caller to find out: read the key. To write again under a new name is
// harmless for a Put without a condition, not for an Incr. ErrUnavailable
// and the other errors promise that the write has no effect.
//
// # Conditions
//
// IfAbsent, IfPresent and IfVersion make a Put, or each pair of an MPut by
// itself, depend on what the key is. The version of a key comes from Put and
// GetVersion, and grows with each write of the key: read, change, and write
// IfVersion; at ErrConditionFailed somebody else was faster, so read again. It
// holds through failovers and moves, as do Incr and GetSet.
//
// # Failover
//
// A call that waits looks at the cached view every 50 ms and follows its
// partition as soon as that shows another owner, whichever call has renewed it.
// A connection that is not made within 500 ms (WithDialTimeout) is given up.
//
// Batches (MGet, MPut, MDel) are grouped by owner, cut to bounded frames and
// sent side by side; only the items that were refused or not answered are retried.
package client
