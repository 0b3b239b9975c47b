package store

import "container/heap"

// deadlines is a heap of the entries that have a deadline, the earliest
// first. Each entry knows its place, entry.at.
type deadlines []*entry

// set gives en the deadline at, or none when at is 0.
func (d *deadlines) set(en *entry, at Instant) {
	en.Deadline = at
	switch {
	case at == 0 && en.at != 0:
		heap.Remove(d, en.at-1)
	case at != 0 && en.at != 0:
		heap.Fix(d, en.at-1)
	case at != 0:
		heap.Push(d, en)
	}
}

// due returns at most limit items that have expired by now.
func (d deadlines) due(now Instant, limit int) []Item {
	var items []Item
	// A heap's children are not earlier than their parent: the walk ends
	// at entries that are not due.
	var walk func(i int)
	walk = func(i int) {
		if i >= len(d) || len(items) >= limit || !d[i].Expired(now) {
			return
		}
		items = append(items, d[i].Item)
		walk(2*i + 1)
		walk(2*i + 2)
	}
	walk(0)
	return items
}

// Len, Less, Swap, Push and Pop are heap.Interface.

func (d deadlines) Len() int { return len(d) }

func (d deadlines) Less(i, j int) bool { return d[i].Deadline < d[j].Deadline }

func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].at, d[j].at = i+1, j+1
}

func (d *deadlines) Push(x any) {
	en := x.(*entry)
	*d = append(*d, en)
	en.at = len(*d)
}

func (d *deadlines) Pop() any {
	last := len(*d) - 1
	en := (*d)[last]
	(*d)[last] = nil
	*d = (*d)[:last]
	en.at = 0
	return en
}
