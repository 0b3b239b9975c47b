package replica

import "pikv/store"

// ExpireDue numbers the removal of at most limit keys whose time is over, and
// of what is remembered of clients that have been idle for long.
func (c *Core) ExpireDue(now store.Instant, limit int, out *Effects) {
	if c.role != RolePrimary || c.crowded() || !c.Serves(now) {
		return
	}
	for _, item := range c.engine.Due(now, limit) {
		if _, touched := c.clients.pending.touchOf(item.Key); !touched {
			out.Expired++
			c.number(now, Entry{Kind: EntryExpire, Key: item.Key, Version: Number(item.Version)}, nil, Done{}, 0, out)
		}
	}
	// Those that are being forgotten already lie first in the row until that is
	// committed: one of them must not hide the others.
	for _, client := range c.sessions.idle(now, c.node.timing.Forget, limit) {
		if c.clients.concern(client) {
			continue
		}
		if len(c.replicas) > 0 { // else it is committed at once, and nothing settles the mark
			c.clients.forget(client)
		}
		c.number(now, Entry{Kind: EntryForget, ID: EntryID{Client: client}}, nil, Done{}, 0, out)
	}
}
