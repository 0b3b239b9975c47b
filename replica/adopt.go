package replica

import (
	"slices"

	"pikv/placement"
	"pikv/store"
)

// Adopt takes up a configuration from a view. One that is not newer than the
// configuration in force changes nothing.
func (c *Core) Adopt(now store.Instant, config placement.Partition, out *Effects) {
	if config.Epoch <= c.config.Epoch {
		return
	}
	defer c.charge()
	was, before := c.role, c.config
	if config.Life != before.Life && before.Epoch != 0 {
		// The partition was given up and began anew: what is held here is of
		// its earlier life.
		if was == RolePrimary {
			c.stepDown(out)
		}
		c.forget()
		was = RoleNone
	}
	c.config = config
	c.asked = nil
	c.clients.unstarve()
	c.unstageAll()
	c.uploads.restart()
	switch {
	case config.Primary == c.node.self:
		c.role = RolePrimary
	case slices.Contains(config.InSync, c.node.self):
		c.role = RoleBackup
	case slices.Contains(config.Learners, c.node.self):
		c.role = RoleLearner
	default:
		c.role = RoleNone
	}
	if was == RolePrimary && c.role != RolePrimary {
		c.stepDown(out)
	}
	switch c.role {
	case RolePrimary:
		// With Replaced, another node may have been primary in a configuration
		// that this one has not seen, and may have leases still.
		c.lead(now, was == RolePrimary && !config.Replaced, out)
	case RoleBackup:
		c.follow(now, was == RolePrimary && !config.Replaced, out)
	case RoleLearner:
		// Only the fill of exactly this epoch counts: start from empty.
		c.forget()
		c.fill = incoming{active: true}
		c.heed(now)
		c.acknowledge(out)
		c.clients.release(c, now, out)
	case RoleNone:
		c.forget()
		c.clients.release(c, now, out)
	}
}

// lead is Adopt for the primary. goesOn: it was the primary in the
// configuration before, and nobody can have been between the two.
func (c *Core) lead(now store.Instant, goesOn bool, out *Effects) {
	if goesOn && c.phase == stepping && !c.clears(now) {
		c.mustWait = true // the one to be waited for may have been dropped
	}
	c.fill, c.leader = incoming{}, nil
	if floor := Number(c.config.Life) << lifeBits; c.log.last < floor {
		c.log = tailAt(floor, 0)
	}
	c.track(now)
	c.reign.handTo = 0
	c.reign.start = c.log.last
	switch {
	case !goesOn:
		c.phase = stepping
		c.reign.stepTo = c.log.last
		c.reign.waitTill = now + store.Instant(c.node.timing.Wait)
		c.mustWait, c.clear = c.config.Replaced, false
	case c.phase == handing:
		// A hand-over that another change forestalled is over: the register
		// takes nothing at an old epoch any more.
		c.phase = serving
	}
	for _, r := range c.replicas {
		c.probe(now, r, out)
	}
	c.advance(now, out)
	c.tendUploads(now, out) // some may wait for nobody any more
	c.resume(now, out)
}

// follow is Adopt for a backup. handedOver: it was the primary, and asked for that.
func (c *Core) follow(now store.Instant, handedOver bool, out *Effects) {
	if c.fill.active && !c.fill.done {
		// In sync without a full copy: the register was told wrong. The
		// acknowledgement below shows the gap and the primary asks to drop us.
		c.forget()
	}
	c.fill = incoming{}
	c.heed(now)
	if handedOver {
		c.leader.quiet = now + store.Instant(c.node.timing.Lease)
	}
	c.acknowledge(out)
	c.clients.release(c, now, out)
}

// heardLeader ends the wait for the first message of a primary that this node
// handed over to. Sent there before, requests would come back as long as that one
// has not got the view, and some clients follow a redirect only a few times.
func (c *Core) heardLeader(now store.Instant, out *Effects) {
	if c.leader != nil && c.leader.quiet != 0 {
		c.leader.quiet = 0
		c.clients.release(c, max(now, c.clients.heldAt), out)
	}
}

// heed notes who the primary is. The silence of one that stays goes on.
func (c *Core) heed(now store.Instant) {
	if c.leader == nil || c.leader.id != c.config.Primary {
		c.leader = &leader{id: c.config.Primary, pair: c.node.pairs.Pair(c.config.Primary), since: now}
	}
}

// stepDown ends what only a primary does.
func (c *Core) stepDown(out *Effects) {
	c.phase = serving
	c.untrack()
	c.reign = reign{}
	c.holdUploads()
	c.clients.abandon(c, out)
}

// Close gives back the memory of the partition. The core and its engine must
// not be used any more.
func (c *Core) Close() {
	c.untrack()
	c.engine.Clear()
	c.node.memory.Release(c.charged)
	c.role, c.charged = RoleNone, 0
}

// forget drops all data of the partition.
func (c *Core) forget() {
	c.untrack()
	c.engine.Clear()
	c.sessions.clear(c.node.memory)
	c.log = tail{}
	c.fill = incoming{}
	c.leader = nil
}
