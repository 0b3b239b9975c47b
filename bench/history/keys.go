package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// class says what a key holds and which operations it sees.
type class byte

const (
	texts   class = 't' // values of any size, all operations
	numbers class = 'n' // integers, all operations
	mortals class = 'm' // values with a time to live; no conditions
	classes       = "tnm"
)

// maxUnknown is how many operations of unknown fate a history may have: each
// doubles, at worst, what there is to check.
const maxUnknown = 6

// history is one key and all that was done to it.
type history struct {
	key   string
	class class

	mu      sync.Mutex
	ops     []Op
	unknown int
	seen    []uint64 // versions, the last few
}

// record notes an operation that was answered.
func (h *history) record(op Op) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, op)
	if op.Unknown {
		h.unknown++
	}
	if op.Version > 0 {
		h.seen = append(h.seen[max(len(h.seen)-3, 0):], op.Version)
	}
}

// full reports whether the key has had its share.
func (h *history) full(ops int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ops) >= ops || h.unknown >= maxUnknown
}

// aVersion returns a version that an answer told, most often the last one; 0
// when there is none yet.
func (h *history) aVersion(random *rand.Rand) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch n := len(h.seen); {
	case n == 0:
		return 0
	case random.IntN(4) > 0:
		return h.seen[n-1]
	default:
		return h.seen[random.IntN(n)]
	}
}

// book holds all histories, and the keys in use.
type book struct {
	opsPerKey int
	prefix    string

	mu     sync.Mutex
	all    []*history
	in     []*history // in use, by slot
	values uint64     // given out, so that no two are the same
}

func newBook(o Options) *book {
	b := &book{opsPerKey: o.OpsPerKey, prefix: o.Prefix, in: make([]*history, o.Keys)}
	for slot := range b.in {
		b.renew(slot)
	}
	return b
}

// renew puts a new key into a slot. mu is held, or nobody else knows b yet.
func (b *book) renew(slot int) {
	h := &history{class: class(classes[slot%len(classes)])}
	h.key = fmt.Sprintf("%s%c%d", b.prefix, h.class, len(b.all))
	b.all = append(b.all, h)
	b.in[slot] = h
}

// pick returns a key in use.
func (b *book) pick(random *rand.Rand) *history {
	slot := random.IntN(len(b.in))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.in[slot].full(b.opsPerKey) {
		b.renew(slot)
	}
	return b.in[slot]
}

// some returns distinct keys in use, up to n; mortals none or all.
func (b *book) some(random *rand.Rand, n int) []*history {
	first := b.pick(random)
	picked := []*history{first}
	for range n - 1 {
		h := b.pick(random)
		if !slices.Contains(picked, h) && (h.class == mortals) == (first.class == mortals) {
			picked = append(picked, h)
		}
	}
	return picked
}

// histories returns all of them.
func (b *book) histories() []*history {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}

// number gives out a number that nobody else gets; between two there is room for
// what is added by Incr.
func (b *book) number() uint64 {
	const room = 10_000
	b.mu.Lock()
	defer b.mu.Unlock()
	b.values += room
	return b.values
}

// newValue returns what a write stores: an id for the history and the bytes,
// which are longer.
func (b *book) newValue(c class, random *rand.Rand) (id string, value []byte) {
	number := strconv.FormatUint(b.number(), 10)
	if c == numbers {
		return number, []byte(number)
	}
	size := random.IntN(300)
	if random.IntN(200) == 0 {
		size = 100_000 // takes another connection and comes in parts
	}
	id = fmt.Sprintf("v%s.%d", number, size)
	return id, encode(id, size)
}

// encode makes a value whose every byte depends on its id.
func encode(id string, size int) []byte {
	value := make([]byte, 0, len(id)+1+size)
	value = append(append(value, id...), ' ')
	for i := range size {
		value = append(value, id[i%len(id)]+byte(i>>8))
	}
	return value
}

// decode returns the id of a value that was read; of one that nobody wrote so,
// a text that no id is like.
func decode(value []byte) string {
	id, _, long := strings.Cut(string(value[:min(len(value), 64)]), " ")
	if !long {
		return string(value)
	}
	_, text, _ := strings.Cut(id, ".")
	size, err := strconv.Atoi(text)
	if err != nil || size > 1<<20 || string(encode(id, size)) != string(value) {
		return fmt.Sprintf("garbled: %d bytes that begin %q", len(value), value[:min(len(value), 64)])
	}
	return id
}

// ttl is a time to live that ends while the key is in use, mostly.
func ttl(random *rand.Rand) time.Duration {
	return time.Duration(20+random.IntN(3000)) * time.Millisecond
}
