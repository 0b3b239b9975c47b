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
	was := c.role
	c.config = config
	c.asked = nil
	switch {
	case config.Primary == c.self:
		c.role = RolePrimary
	case slices.Contains(config.InSync, c.self):
		c.role = RoleBackup
	case slices.Contains(config.Learners, c.self):
		c.role = RoleLearner
	default:
		c.role = RoleNone
	}
	if was == RolePrimary && c.role != RolePrimary {
		c.stepDown(out)
	}
	switch c.role {
	case RolePrimary:
		c.lead(now, was, out)
	case RoleBackup:
		c.follow(now, out)
	case RoleLearner:
		// Only the fill of exactly this epoch counts: start from empty.
		c.forget()
		c.fill = incoming{active: true}
		c.acknowledge(out)
		c.clients.release(c, now, out)
	case RoleNone:
		c.forget()
		c.clients.release(c, now, out)
	}
}

// lead is Adopt for the primary.
func (c *Core) lead(now store.Instant, was Role, out *Effects) {
	c.fill = incoming{}
	c.track(now)
	c.handTo = 0
	if was == RolePrimary {
		// A hand-over that another change forestalled is over: the register
		// takes nothing at an old epoch any more.
		if c.phase == handing {
			c.phase = serving
		}
	} else {
		// The old primary answers nothing more once it acknowledges at this
		// epoch, and it is in InSync until this node asks for its removal.
		c.phase, c.stepTo = stepping, c.log.last
	}
	for _, r := range c.replicas {
		c.probe(now, r, out)
	}
	c.advance(now, out)
	if c.phase == serving {
		c.clients.release(c, now, out)
	}
}

// follow is Adopt for a backup.
func (c *Core) follow(now store.Instant, out *Effects) {
	if c.fill.active && !c.fill.done {
		// In sync without a full copy: the register was told wrong. The
		// acknowledgement below shows the gap and the primary asks to drop us.
		c.forget()
	}
	c.fill = incoming{}
	c.acknowledge(out)
	c.clients.release(c, now, out)
}

// stepDown ends what only a primary does.
func (c *Core) stepDown(out *Effects) {
	c.phase = serving
	c.replicas = nil
	c.clients.abandon(c, out)
}

// forget drops all data of the partition.
func (c *Core) forget() {
	c.engine.Clear()
	c.log = tail{}
	c.fill = incoming{}
	c.replicas = nil
}
