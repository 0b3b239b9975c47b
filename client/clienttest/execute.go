package clienttest

import (
	"strconv"

	"pikv/placement"
	"pikv/wire"
)

// execute does what r says to its i-th key, if the node owns it.
func (n *Node) execute(r *request, i int) result {
	p := r.pairs[i]
	v := n.view()
	if v == nil {
		return result{err: wire.Errorf(wire.CodeNoWorkers, "no workers")}
	}
	id := placement.PartitionOf(p.Key, len(v.Partitions))
	if refusal := n.refuse(v, id); refusal != nil {
		return result{err: refusal}
	}
	c := n.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.lost[uint16(id)] {
		return result{err: wire.Errorf(wire.CodeUnavailable, "partition %d is lost", id)}
	}
	if r.Method == wire.MethodGet || r.Method == wire.MethodMGet {
		e, found := c.mu.data[string(p.Key)]
		return result{value: e.value, version: e.version, ttl: e.ttl, found: found}
	}
	return c.onceLocked(nameOf(&r.options, i), func() result { return c.writeLocked(r, p) })
}

// writeLocked makes the write r of one key; c.mu is held.
func (c *Cluster) writeLocked(r *request, p wire.Pair) result {
	old, found := c.mu.data[string(p.Key)]
	if !meets(&r.options, old, found) {
		return result{err: wire.Errorf(wire.CodeCondition, "the key has version %d", old.version)}
	}
	out := result{value: old.value, found: found}
	value := p.Value
	switch r.Method {
	case wire.MethodMDel:
		if found {
			c.mu.writes++
		}
		delete(c.mu.data, string(p.Key))
		return out
	case wire.MethodIncr:
		sum := r.delta
		if found {
			held, err := strconv.ParseInt(string(old.value), 10, 64)
			if sum = held + r.delta; err != nil || (sum < held) != (r.delta < 0) {
				return result{err: wire.Errorf(wire.CodeNotInteger, "no integer of 64 bits")}
			}
		}
		out.sum = sum
		value = strconv.AppendInt(nil, sum, 10)
	}
	c.mu.writes++
	c.mu.version++
	c.mu.data[string(p.Key)] = entry{append([]byte{}, value...), c.mu.version, r.options.TTL}
	out.version = c.mu.version
	return out
}

// meets reports whether a key is what the write asks for.
func meets(o *wire.Options, e entry, found bool) bool {
	switch o.If {
	case wire.IfAbsent:
		return !found
	case wire.IfPresent:
		return found
	case wire.IfVersion:
		return e.version == o.Version
	default:
		return true
	}
}
