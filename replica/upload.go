package replica

import (
	"bytes"
	"slices"

	"pikv/placement"
	"pikv/store"
)

// upload is an operation that writes much: that travels to the replicas in
// chunks before it is numbered, so that it does not hold up what is numbered after
// it, but for operations on the same keys.
type upload struct {
	body  uint64 // its name in this epoch
	op    Op
	value []byte // what the entry's Value will be
	at    []uploadTo
	// full is since when a replica has had no memory for it; 0: it had.
	full store.Instant
}

// uploadTo is how far an upload is at one replica, in bytes.
type uploadTo struct {
	id      placement.Incarnation
	sent    int
	acked   int
	movedAt store.Instant
	until   store.Instant // it is left alone until then: it has no memory
}

// uploads are those under way at a primary.
type uploads struct {
	last uint64 // body name given last
	open []*upload
}

// all returns those under way. s may be nil.
func (s *uploads) all() []*upload {
	if s == nil {
		return nil
	}
	return s.open
}

// any reports whether there are some. s may be nil.
func (s *uploads) any() bool { return s != nil && len(s.open) > 0 }

// sendsAhead reports whether a value of size bytes is sent ahead of its entry.
func (c *Core) sendsAhead(size int) bool {
	return size > c.node.limits.Body && slices.ContainsFunc(c.replicas, (*progress).needed)
}

// uploadPut sends the value of an OpPut ahead of its entry.
func (c *Core) uploadPut(now store.Instant, op *Op, out *Effects) {
	kept := c.clients.keep(now, op)
	c.upload(now, &upload{op: kept, value: kept.Value}, out)
}

// uploadPlan sends what an operation has decided to write. Nobody has limited the
// size of that beforehand, so it waits until others have left the memory for it.
func (c *Core) uploadPlan(now store.Instant, op *Op, value []byte, p *plan, out *Effects) {
	sum := 0
	for _, u := range c.uploads.all() {
		if u.op.plan != nil {
			sum += len(u.value)
		}
	}
	if sum > 0 && sum+len(value) > c.node.limits.Log {
		c.clients.park(now, op)
		return
	}
	kept := c.clients.keep(now, op)
	kept.plan = p
	c.upload(now, &upload{op: kept, value: value}, out)
}

func (c *Core) upload(now store.Instant, u *upload, out *Effects) {
	if c.uploads == nil {
		c.uploads = new(uploads)
	}
	c.uploads.last++
	u.body = c.uploads.last
	u.op.body = u.body
	c.clients.lines.lead(&u.op)
	c.uploads.open = append(c.uploads.open, u)
	c.pump(now, u, out)
}

// to returns the upload's progress at a replica.
func (u *upload) to(id placement.Incarnation, now store.Instant) *uploadTo {
	for i := range u.at {
		if u.at[i].id == id {
			return &u.at[i]
		}
	}
	u.at = append(u.at, uploadTo{id: id, movedAt: now})
	return &u.at[len(u.at)-1]
}

// pump sends what the replicas may be sent, and runs the put once all that
// commits need have everything.
func (c *Core) pump(now store.Instant, u *upload, out *Effects) {
	complete := true
	for _, r := range c.replicas {
		if !r.needed() {
			continue
		}
		to := u.to(r.id, now)
		complete = complete && to.acked == len(u.value)
		for r.hello && !r.failed && now >= to.until && to.sent < len(u.value) && to.sent-to.acked < c.node.limits.Window {
			if to.sent == to.acked {
				to.movedAt = now
			}
			next := min(to.sent+max(c.node.limits.Batch, 1), len(u.value))
			out.send(r.id, Message{
				Kind: MsgBody, Partition: c.id, Epoch: c.config.Epoch, Body: u.body,
				From: uint64(to.sent), Total: uint64(len(u.value)), Data: u.value[to.sent:next],
			})
			to.sent = next
		}
	}
	if !complete {
		return
	}
	for _, r := range c.replicas {
		if r.needed() {
			r.got(u.body)
		}
	}
	c.removeUpload(u)
	u.op.first = true
	first := len(out.Done)
	c.Do(now, &u.op, out)
	for i := range out.Done[first:] {
		d := &out.Done[first+i]
		d.Value = bytes.Clone(d.Value) // as release does: others may follow before the Core is unlocked
	}
}

// discard tells the replicas that a value which they have got is of no use.
func (c *Core) discard(op *Op, out *Effects) {
	if op.body == 0 {
		return
	}
	for _, r := range c.replicas {
		if r.bodies[op.body] {
			delete(r.bodies, op.body)
			out.send(r.id, Message{Kind: MsgBody, Partition: c.id, Epoch: c.config.Epoch, Body: op.body})
		}
	}
	op.body = 0
}

func (c *Core) removeUpload(u *upload) {
	c.clients.lines.leave(&u.op)
	c.uploads.open = slices.DeleteFunc(c.uploads.open, func(o *upload) bool { return o == u })
	if len(c.uploads.open) == 0 {
		c.uploads.open = nil
	}
}

// onBodyAck takes a replica's acknowledgement of a part of a body.
func (c *Core) onBodyAck(now store.Instant, r *progress, m *Message, out *Effects) {
	i := slices.IndexFunc(c.uploads.all(), func(u *upload) bool { return u.body == m.Body })
	if i < 0 {
		return
	}
	u := c.uploads.open[i]
	to := u.to(r.id, now)
	switch {
	case m.Full && c.relent(now, &u.full):
		to.acked, to.sent, to.until = 0, 0, now+fullPause
	case m.Full:
		c.dropUpload(u, out)
		out.Done = append(out.Done, Done{Tag: u.op.Tag, Status: OutOfMemory})
	case m.From > uint64(to.acked) && m.From <= uint64(to.sent):
		to.acked, to.movedAt, u.full = int(m.From), now, 0
		c.pump(now, u, out)
	}
	c.resume(now, out) // those behind it
}

// dropUpload tells the replicas that nothing will come of it.
func (c *Core) dropUpload(u *upload, out *Effects) {
	for _, to := range u.at {
		out.send(to.id, Message{Kind: MsgBody, Partition: c.id, Epoch: c.config.Epoch, Body: u.body})
	}
	c.removeUpload(u)
}

// tendUploads ends those whose time is over, and sends again what was lost.
func (c *Core) tendUploads(now store.Instant, out *Effects) {
	for _, u := range slices.Clone(c.uploads.all()) {
		if u.op.Deadline != 0 && now >= u.op.Deadline {
			c.dropUpload(u, out)
			status := Timeout
			if u.full != 0 {
				status = OutOfMemory
			}
			out.Done = append(out.Done, Done{Tag: u.op.Tag, Status: status})
			continue
		}
		for i := range u.at {
			to := &u.at[i]
			if r := c.replica(to.id); r != nil && now-to.movedAt >= store.Instant(c.node.timing.Retry) && r.pair.flushed() {
				to.sent, to.movedAt = to.acked, now
			}
		}
		c.pump(now, u, out)
	}
}

// pumpTo goes on with all uploads to a replica that listens from now on, or
// of which it is not known what it has got of what was sent.
func (c *Core) pumpTo(now store.Instant, id placement.Incarnation, out *Effects) {
	for _, u := range slices.Clone(c.uploads.all()) {
		to := u.to(id, now)
		to.sent = to.acked
		c.pump(now, u, out)
	}
}

// restart begins them again in a new epoch, in which no replica has
// anything of them.
func (s *uploads) restart() {
	for _, u := range s.all() {
		u.at = nil
	}
}

// holdUploads makes operations of them that wait to be run or redirected.
func (c *Core) holdUploads() {
	var ops []Op
	for _, u := range c.uploads.all() {
		ops = append(ops, u.op)
	}
	c.clients.holdFirst(ops)
	if c.uploads != nil {
		c.uploads.open = nil
	}
}
