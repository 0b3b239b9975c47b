package store

// Coldest samples n entries, those that follow a random place in the order of
// hashes, and returns the one that was neither read nor written for longest,
// and for how many ticks of the memory's clock; false when there is none. It is
// the engine's part of least-recently-used eviction: which engine is asked, and
// what is made of the answer, is the caller's business. The item is valid until
// the next call that changes the engine.
func (e *Engine) Coldest(random uint64, n int) (coldest Item, ticks uint32, ok bool) {
	var best cell
	clock := e.mem.clock.Load()
	for _, from := range [2]uint64{random, 0} { // around the end
		for first, t := range e.index.all(from) {
			i := 0
			if first < from {
				i = t.seek(t.window(from))
			}
			for _, c := range t.cells[i:] {
				if c == 0 {
					continue
				}
				if best == 0 || c.idle(clock) > best.idle(clock) {
					best = c
				}
				if n--; n <= 0 {
					return e.index.item(best), best.idle(clock), true
				}
			}
		}
	}
	if best == 0 {
		return Item{}, 0, false
	}
	return e.index.item(best), best.idle(clock), true
}
