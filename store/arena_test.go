package store

import (
	"testing"

	"pgregory.net/rapid"
)

// The model is which granules are handed out.
func TestArenaAgainstListOfGranules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := newArena()
		defer func() { unmapPages(a.data) }()
		var taken [arenaGranules]bool
		type run struct{ at, n int }
		var runs []run
		// longest is the longest free run, and first where one of n begins.
		survey := func(n int) (first, longest int) {
			first, length := -1, 0
			for i, gone := range taken {
				if gone {
					length = 0
					continue
				}
				length++
				longest = max(longest, length)
				if length == n && first < 0 {
					first = i - n + 1
				}
			}
			return first, longest
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				n := rapid.OneOf(rapid.IntRange(1, 200), rapid.IntRange(1, arenaGranules)).Draw(t, "n")
				first, most := survey(n)
				at, longest, ok := a.take(n)
				if ok != (first >= 0) || ok && at != first || !ok && longest != most {
					t.Fatalf("take(%d) = %d, %d, %v; want %d, %d", n, at, longest, ok, first, most)
				}
				if ok {
					for i := at; i < at+n; i++ {
						taken[i] = true
					}
					runs = append(runs, run{at, n})
				}
			},
			"give": func(t *rapid.T) {
				if len(runs) == 0 {
					return
				}
				i := rapid.IntRange(0, len(runs)-1).Draw(t, "i")
				r := runs[i]
				runs = append(runs[:i], runs[i+1:]...)
				clear(taken[r.at : r.at+r.n])
				from, to := r.at, r.at+r.n
				for from > 0 && !taken[from-1] {
					from--
				}
				for to < arenaGranules && !taken[to] {
					to++
				}
				if got := a.give(r.at, r.n); got != to-from {
					t.Fatalf("a free run of %d, want %d", got, to-from)
				}
			},
			"drop": func(t *rapid.T) {
				for i, gone := range taken {
					if gone {
						a.data[i*granule] = 1
					}
				}
				a.drop(pageSize())
				for i, gone := range taken {
					if gone && a.data[i*granule] != 1 {
						t.Fatalf("granule %d is gone", i)
					}
				}
			},
			"": func(t *rapid.T) {
				n := 0
				for i, gone := range taken {
					if gone {
						n++
					}
					if free := a.free[i/64]>>(i%64)&1 == 1; free == gone {
						t.Fatalf("granule %d free: %v", i, free)
					}
				}
				if n != a.taken {
					t.Fatalf("%d granules taken, counted %d", n, a.taken)
				}
			},
		})
	})
}
