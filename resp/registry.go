package resp

import (
	"cmp"
	"slices"
	"sync"
)

// registry has the open connections.
type registry struct {
	mu  sync.Mutex
	all map[uint64]*conn // by id
}

func (r *registry) init() { r.all = make(map[uint64]*conn) }

func (r *registry) add(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all[c.link.ID()] = c
}

func (r *registry) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, c.link.ID())
}

// list returns the connections, the oldest first.
func (r *registry) list() []*conn {
	r.mu.Lock()
	list := make([]*conn, 0, len(r.all))
	for _, c := range r.all {
		list = append(list, c)
	}
	r.mu.Unlock()
	slices.SortFunc(list, func(a, b *conn) int { return cmp.Compare(a.link.ID(), b.link.ID()) })
	return list
}
