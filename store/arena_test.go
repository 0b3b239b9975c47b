package store

import (
	"testing"

	"pgregory.net/rapid"
)

// The model is which granules are handed out, and to whom.
func TestArenaAgainstListOfGranules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newArena(0)
		defer unmapPages(a.data)
		var owner [leaves]int
		type run struct{ at, n int }
		runs := map[int]run{}
		next := 1
		var order []int
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				n := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(1, leaves)).Draw(t, "n")
				from := -1
				for k := top; k >= 0 && 1<<k >= n; k-- {
					if a.count[k] > 0 {
						from = k
					}
				}
				if from < 0 {
					return
				}
				at := a.take(n, from)
				for i := at; i < at+n; i++ {
					if owner[i] != 0 {
						t.Fatalf("granule %d is handed out twice", i)
					}
					owner[i] = next
				}
				runs[next] = run{at, n}
				order = append(order, next)
				next++
			},
			"give": func(t *rapid.T) {
				if len(order) == 0 {
					return
				}
				i := rapid.IntRange(0, len(order)-1).Draw(t, "i")
				r := runs[order[i]]
				delete(runs, order[i])
				order = append(order[:i], order[i+1:]...)
				a.give(r.at, r.n)
				clear(owner[r.at : r.at+r.n])
			},
			"drop": func(*rapid.T) { a.drop(pageSize()) },
			"": func(t *rapid.T) {
				free := 0
				for k := range a.count {
					n := 0
					for b := leaves >> k; b < 2*leaves>>k; b++ {
						if !a.isFree(b) {
							continue
						}
						n++
						if k < top && a.isFree(b^1) {
							t.Fatalf("two free neighbours of order %d", k)
						}
						for i := b<<k - leaves; i < b<<k-leaves+1<<k; i++ {
							if owner[i] != 0 {
								t.Fatalf("granule %d is free and handed out", i)
							}
							owner[i] = -1 // seen free once
							free++
						}
					}
					if n != int(a.count[k]) {
						t.Fatalf("%d free blocks of order %d, counted %d", n, k, a.count[k])
					}
				}
				if free+a.taken != leaves {
					t.Fatalf("%d granules free, %d taken", free, a.taken)
				}
				for i := range owner {
					owner[i] = max(owner[i], 0)
				}
			},
		})
	})
}

func TestOrderHasRoom(t *testing.T) {
	for n, want := range map[int]int{1: 0, 2: 1, 3: 2, 4: 2, 5: 3, leaves - 1: top, leaves: top} {
		if got := order(n); got != want {
			t.Errorf("order(%d) = %d, want %d", n, got, want)
		}
	}
}
