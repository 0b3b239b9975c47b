package store

// Snapshot is a cut through an engine: its entries as they were at one moment,
// whatever is written later. It is a list of where they lie, and keeps their
// segments from being given back or written over, so that it costs a few bytes
// an entry, and in the end what was overwritten meanwhile. All of that is
// accounted. It is used under the partition's lock, as the engine is.
type Snapshot struct {
	engine    *Engine
	locations []location // nil after Close
	segments  []location // pinned
}

// Snapshot returns a cut of the engine in the order of Scan. It must be closed.
func (e *Engine) Snapshot() *Snapshot {
	s := &Snapshot{engine: e, locations: make([]location, 0, e.Len()), segments: e.log.pin()}
	for _, t := range e.index.all(0) {
		for _, c := range t.cells {
			if c != 0 {
				s.locations = append(s.locations, c.location())
			}
		}
	}
	e.compactor = compactor{} // its victim is pinned: to go on would give nothing back
	e.cuts += s.size()
	e.account()
	return s
}

// size is that of the list, in bytes.
func (s *Snapshot) size() int64 { return 8 * int64(cap(s.locations)+cap(s.segments)) }

// Len is the number of entries; 0 after Close.
func (s *Snapshot) Len() int { return len(s.locations) }

// Item returns the entry i, 0 <= i < Len. Its bytes are valid, and stay as they
// are, until Close, whatever happens to the engine.
func (s *Snapshot) Item(i int) Item {
	buf := s.engine.log.at(s.locations[i])
	h, ok := parse(buf)
	if !ok {
		panic("store: a snapshot refers to something else than an entry")
	}
	return h.item(buf)
}

// Close gives back what only the snapshot needed. Further calls do nothing.
func (s *Snapshot) Close() {
	if s.engine == nil {
		return
	}
	e := s.engine
	e.cuts -= s.size()
	e.log.unpin(s.segments)
	*s = Snapshot{}
	e.compactor.patience = 0
	e.account()
}
