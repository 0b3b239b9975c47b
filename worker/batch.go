package worker

import (
	"pikv/rpcserver"
	"pikv/wire"
)

// A call on many keys is one operation per key. The last one that is done
// replies for all. The results are the call's own until then: each operation
// writes its element and no other.

const (
	// maxKeys bounds the keys of one call: an answer of one redirect per key
	// then is within every peer's limits.
	maxKeys = 32 << 10
	// keyCost is what one of them costs while it is under way, in bytes: the
	// operation, its tag and its result.
	keyCost = 256
	// freeKeys is up to how many that is not counted.
	freeKeys = 16
	// freeReply is the size up to which a reply is not counted, in bytes.
	freeReply = 4 << 10
)

// errManyBytes refuses a request for which there is no room.
var errManyBytes = wire.Errorf(wire.CodeBusy, "too many bytes in flight")

// admit bounds what calls on many keys can make the worker hold.
func admit(c *rpcserver.Call, keys int) error {
	switch {
	case keys > maxKeys:
		return wire.Errorf(wire.CodeTooLarge, "%d keys in one call are over the limit of %d", keys, maxKeys)
	case keys > freeKeys && !c.Reserve(keys*keyCost):
		return errManyBytes
	default:
		return nil
	}
}
