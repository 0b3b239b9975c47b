package resp

import "context"

// flush deletes all keys of this node's partitions. Whether the client asks for SYNC or
// ASYNC, it is answered when they are deleted, and others are not kept waiting.
func flush(c *Call) {
	if len(c.Args) > 2 || len(c.Args) == 2 && !equalFold(c.Args[1], "sync") && !equalFold(c.Args[1], "async") {
		c.Fail(errSyntax)
		return
	}
	c.Errand(func(ctx context.Context, c *Call) { c.Keyspace().Flush(ctx, c) })
}
