package resp

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"

	"pikv/placement"
)

// memory is a Keyspace for tests. After hold, writes are answered by release.
type memory struct {
	began    time.Time                 // where the clock began
	frozen   atomic.Pointer[time.Time] // what the clock shows; nil: it runs
	mu       sync.Mutex
	data     map[string]memoryItem
	slow     bool
	held     []*Call
	away     bool          // Page finds its partition not served, until Await has waited
	lost     string        // why it never will be
	flushing chan struct{} // Flush waits for it to be closed
	each     uint16        // slots of a partition
}

type memoryItem struct {
	value []byte
	until time.Time
}

func newMemory() *memory {
	return &memory{began: time.Now(), data: make(map[string]memoryItem), each: slotsEach}
}

// now is the one clock of a memory and of the server over it.
func (m *memory) now() time.Time {
	if at := m.frozen.Load(); at != nil {
		return *at
	}
	return time.Now()
}

// freeze stops the clock for good.
func (m *memory) freeze() {
	now := time.Now()
	m.frozen.Store(&now)
}

// itemLocked is what a key holds at a time.
func (m *memory) itemLocked(key []byte, now time.Time) Item {
	it, ok := m.data[string(key)]
	item := Item{Now: int64(now.Sub(m.began))}
	left := it.until.Sub(now)
	switch {
	case !ok:
		return item
	case it.until.IsZero():
	case left <= 0:
		delete(m.data, string(key))
		return item
	default:
		item.TTL = left
	}
	item.Found, item.Value = true, it.value
	return item
}

func (m *memory) Get(c *Call, key []byte) {
	m.Read(c, key, func(c *Call, it *Item) {
		if !it.Found {
			c.Null()
			return
		}
		if !c.Reserve(len(it.Value)) {
			c.Fail(ErrManyBytes)
			return
		}
		c.Bulk(it.Value)
	})
}

func (m *memory) Read(c *Call, key []byte, see func(c *Call, it *Item)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	it := m.itemLocked(key, m.now())
	c.Saw(it.Found)
	see(c, &it)
}

func (m *memory) ReadAll(c *Call, keys [][]byte, see func(c *Call, items []Item)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	items, now := make([]Item, len(keys)), m.now()
	for i, key := range keys {
		items[i] = m.itemLocked(key, now)
		c.Saw(items[i].Found)
	}
	see(c, items)
}

func (m *memory) Put(c *Call, key []byte, i int, ttl time.Duration) {
	m.Update(c, key, func(c *Call, _ *Item) Change {
		c.OK()
		return Change{Kind: Put, Value: c.Args[i], Lent: true, TTL: ttl}
	})
}

func (m *memory) Update(c *Call, key []byte, f func(c *Call, it *Item) Change) {
	m.UpdateAll(c, [][]byte{key}, func(c *Call, items []Item, changes []Change) { changes[0] = f(c, &items[0]) })
}

func (m *memory) UpdateAll(c *Call, keys [][]byte, f func(c *Call, items []Item, changes []Change)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	items, changes, now := make([]Item, len(keys)), make([]Change, len(keys)), m.now()
	for i, key := range keys {
		items[i] = m.itemLocked(key, now)
	}
	f(c, items, changes) // twice: the last one counts
	c.Rewind()
	f(c, items, changes)
	for i, key := range keys {
		m.applyLocked(key, &changes[i], items, now)
	}
	if m.slow {
		c.Hold(true)
		m.held = append(m.held, c)
	}
}

func (m *memory) applyLocked(key []byte, change *Change, items []Item, now time.Time) {
	it := m.data[string(key)]
	switch change.Kind {
	case Keep:
		return
	case Delete:
		delete(m.data, string(key))
		return
	case Put:
		it.value = bytes.Clone(change.Value)
	case Copy:
		it.value = bytes.Clone(items[change.From].Value)
		if change.KeepTTL {
			change.TTL, change.KeepTTL = items[change.From].TTL, false
		}
	}
	switch {
	case change.TTL < 0:
		delete(m.data, string(key))
		return
	case change.KeepTTL:
	case change.TTL == 0:
		it.until = time.Time{}
	default:
		it.until = now.Add(change.TTL)
	}
	m.data[string(key)] = it
}

func (m *memory) Await(context.Context, uint16) Serves {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away = m.lost != ""
	return Serves{Refusal: m.lost}
}

func (m *memory) Page(_ context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, refusal string, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return 0, "", false
	}
	var places []uint64
	keys := make(map[uint64]string)
	for key := range m.data {
		if placement.Slot([]byte(key))/m.each != slot/m.each || !m.itemLocked([]byte(key), m.now()).Found {
			continue
		}
		if h := xxhash.Sum64String(key); h >= cursor {
			places, keys[h] = append(places, h), key
		}
	}
	slices.Sort(places)
	for i, h := range places {
		if i == limit {
			return places[i-1] + 1, "", true
		}
		yield([]byte(keys[h]))
	}
	return 0, "", true
}

// setAway has no partition served, until Await has waited; lost says why never.
func (m *memory) setAway(lost string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away, m.lost = true, lost
}

func (m *memory) Flush(ctx context.Context, c *Call) {
	if m.flushing != nil {
		select {
		case <-m.flushing:
		case <-ctx.Done():
			c.Fail(ErrClosing)
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.data)
	c.OK()
}

// slotsEach is how many slots a partition of a memory has, if a test does not say otherwise.
const slotsEach = placement.Slots / 16

// viewOfMemory has the partitions of a memory, all of this node.
func viewOfMemory() *placement.View { return viewOf(placement.Slots / slotsEach) }

// viewOf has so many partitions, all of this node.
func viewOf(partitions int) *placement.View {
	v := &placement.View{Partitions: make([]placement.Partition, partitions)}
	for i := range v.Partitions {
		v.Partitions[i].Primary, v.Partitions[i].InSync = 1, []placement.Incarnation{1, 2}
	}
	return v
}

// release answers the n calls that are held the longest.
func (m *memory) release(n int) {
	m.mu.Lock()
	ready := m.held[:n]
	m.held = m.held[n:]
	m.mu.Unlock()
	for _, c := range ready {
		c.Done()
	}
}

// releasing answers calls that are held, soon after they are, until the test ends.
func (m *memory) releasing(t *testing.T) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				m.release(m.waiting())
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
}

// hold has writes answered by release from now on.
func (m *memory) hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slow = true
}

func (m *memory) waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.held)
}

// alone is a Cluster of one node.
type alone struct{ view *placement.View }

func (a alone) View() *placement.View       { return a.view }
func (a alone) Self() placement.Incarnation { return 1 }
func (a alone) Live() map[placement.Incarnation]bool {
	return map[placement.Incarnation]bool{1: true, 2: true}
}
func (a alone) Figures() Figures { return Figures{Name: "w1", Role: "worker"} }
