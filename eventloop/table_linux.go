package eventloop

// table finds a loop's connections by the numbers that events carry.
type table struct {
	slots []slot
	free  []int32 // slots without a connection
}

// slot is a place for a connection. An event that was reported for the previous
// one of the place carries another generation.
type slot struct {
	sock       *sock
	generation int32
}

func (t *table) len() int { return len(t.slots) - len(t.free) }

// put finds a place for s.
func (t *table) put(s *sock) (place, generation int32) {
	if n := len(t.free); n > 0 {
		place = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		place = int32(len(t.slots))
		t.slots = append(t.slots, slot{})
	}
	p := &t.slots[place]
	p.sock = s
	p.generation++
	return place, p.generation
}

// get returns nil when the connection is gone.
func (t *table) get(place, generation int32) *sock {
	if p := &t.slots[place]; p.generation == generation {
		return p.sock
	}
	return nil
}

func (t *table) remove(place int32) {
	t.slots[place].sock = nil
	t.free = append(t.free, place)
}

// list returns all connections.
func (t *table) list() []*sock {
	all := make([]*sock, 0, t.len())
	for i := range t.slots {
		if s := t.slots[i].sock; s != nil {
			all = append(all, s)
		}
	}
	return all
}
