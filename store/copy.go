package store

// Copy stores to, whose value it does not look at, with the value of the key
// from: it is Put with a value that is the engine's own. The keys may be the same:
// then only the version and the deadline change. It reports whether there is
// such a key; if not nothing is stored.
//
// Put copes with that value, though it asks for none of the kind: what Get returned
// stays valid until it settles, at its end, for neither a new segment nor a dead
// entry moves what is in others; and an entry is written over in place by one of the same
// size only, whose key and value, if they are its own, then lie where they
// lay.
func (e *Engine) Copy(from []byte, to Item) bool {
	source, found := e.Get(from)
	if found {
		to.Value = source.Value
		e.Put(to)
	}
	return found
}
