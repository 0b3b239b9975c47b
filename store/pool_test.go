package store

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

// Engines of a node take and give chunks at the same time; each finds in its
// chunks what it wrote.
func TestPoolInParallel(t *testing.T) {
	var p pool
	defer p.close()
	var wg sync.WaitGroup
	for g := range byte(4) {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(g), 0))
			type chunk struct {
				at location
				n  int
			}
			var chunks []chunk
			for range 3000 {
				if len(chunks) > 0 && (random.IntN(2) == 0 || len(chunks) > 50) {
					i := random.IntN(len(chunks))
					c := chunks[i]
					chunks[i] = chunks[len(chunks)-1]
					chunks = chunks[:len(chunks)-1]
					if data := p.at(c.at)[:c.n]; data[0] != g || data[c.n-1] != g {
						t.Errorf("chunk of %d bytes has been written to", c.n)
					}
					p.give(c.at, c.n)
					continue
				}
				n := 1 + random.IntN(5000)
				if random.IntN(100) == 0 {
					n = random.IntN(2 * arenaSize)
				}
				c := chunk{p.take(max(n, 1)), max(n, 1)}
				data := p.at(c.at)[:c.n]
				data[0], data[c.n-1] = g, g
				chunks = append(chunks, c)
			}
			for _, c := range chunks {
				p.give(c.at, c.n)
			}
		})
	}
	wg.Wait()
	for _, k := range p.kinds {
		if p.handed != 0 || k.idle != 1 || k.count != 1 {
			t.Errorf("%d bytes handed out, %d idle arenas of %d", p.handed, k.idle, k.count)
		}
	}
}

// When half of what was handed out has come back, in pieces, its pages go back
// to the system.
func TestFreePagesAreDropped(t *testing.T) {
	var p pool
	defer p.close()
	const size = 8 << 10
	var all []location
	for range 64 << 20 / size {
		l := p.take(size)
		clear(p.at(l)[:size])
		all = append(all, l)
	}
	for i, l := range all {
		if i%2 == 0 {
			p.give(l, size)
		}
	}
	if dirty := int64(p.dirty) * granule; dirty > max(keepFree, p.handed/keepPart)+arenaSize {
		t.Errorf("%d bytes lie free and keep their memory, %d are handed out", dirty, p.handed)
	}
	before := len(p.arenas)
	for range 32 << 20 / size {
		p.take(size)
	}
	if len(p.arenas) > before {
		t.Error("what lay free was not used")
	}
}

// Regions come and go at the same time: what is being unmapped without the lock is
// nobody's, though another has its number by then.
func TestRegionsComeAndGoInParallel(t *testing.T) {
	const own = arenaSize + 1
	rounds := 100
	if poison {
		rounds = 5 // to overwrite what is given back takes long
	}
	var p pool
	defer p.close()
	var wg sync.WaitGroup
	for g := range byte(4) {
		wg.Go(func() {
			for range rounds {
				large, arena := p.take(own), p.take(arenaSize)
				first, second := p.at(large)[:own], p.at(arena)[:arenaSize]
				first[0], first[own-1], second[0], second[arenaSize-1] = g, g, g, g
				runtime.Gosched()
				if first[0] != g || first[own-1] != g || second[0] != g || second[arenaSize-1] != g {
					t.Error("somebody else has written there")
				}
				p.give(large, own)
				p.give(arena, arenaSize)
			}
		})
	}
	wg.Wait()
	if size := p.size(); p.handed != 0 || size != arenaSize {
		t.Errorf("%d bytes handed out, %d mapped, want one idle arena", p.handed, size)
	}
}

// BenchmarkChunkBesideLargeValues takes and gives chunks while another gives back values
// of 64 MiB; -mutexprofile says how long it waits for that.
func BenchmarkChunkBesideLargeValues(b *testing.B) {
	const large, size = 64 << 20, 8 << 10
	var p pool
	defer p.close()
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-over:
				return
			default:
			}
			l := p.take(large)
			clear(p.at(l)) // the system gives memory for it only then
			p.give(l, large)
		}
	}()
	for b.Loop() {
		p.give(p.take(size), size)
	}
	close(over)
	<-ended
}
