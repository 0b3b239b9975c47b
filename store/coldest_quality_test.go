package store

import (
	"container/list"
	"fmt"
	"math/rand/v2"
	"testing"
)

// A cache that evicts what Coldest finds, beside one that evicts what was not used
// for longest of all, on requests for keys that are wanted as YCSB's are, so
// that a few are wanted often.
func TestColdestIsNearlyAsGoodAsTheOldestOfAll(t *testing.T) {
	const (
		keys, room = 20_000, 2_000
		requests   = 400_000
		ticks      = 64 // in which as many entries come as there is room for
	)
	e := newEngine(t)
	order, at := list.New(), make(map[uint64]*list.Element)
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.01, 10, keys-1)
	sampledHits, trueHits, counted, came := 0, 0, 0, 0
	for i := range requests {
		n := zipf.Uint64()
		warm := i > requests/4
		if warm {
			counted++
		}
		if place, ok := at[n]; ok {
			order.MoveToBack(place)
			if warm {
				trueHits++
			}
		} else {
			if order.Len() == room {
				delete(at, order.Remove(order.Front()).(uint64))
			}
			at[n] = order.PushBack(n)
		}
		key := fmt.Append(nil, n)
		if _, ok := e.Get(key); ok {
			if warm {
				sampledHits++
			}
			continue
		}
		if e.Len() == room {
			it, _, _ := e.Coldest(random.Uint64(), 16)
			e.Delete(it.Key)
		}
		e.Put(Item{Key: key})
		if came++; came%(room/ticks) == 0 {
			e.mem.Tick()
		}
	}
	sampled, best := 100*float64(sampledHits)/float64(counted), 100*float64(trueHits)/float64(counted)
	t.Logf("hits: %.1f %% of the requests with samples, %.1f %% with the oldest of all", sampled, best)
	if sampled < best-1.5 {
		t.Errorf("sampling hits %.1f %%, the oldest of all %.1f %%", sampled, best)
	}
}
