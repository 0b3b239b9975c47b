package master

import (
	"sync"

	"pikv/placement"
)

// maxDeltas bounds the encoded deltas of one view that are kept: askers are
// mostly at one of the last few epochs, or have none.
const maxDeltas = 16

// deltas keeps the encoded differences between the view in force and older
// ones, since a hundred nodes ask for the same one at the same moment. Its
// zero value is ready. Safe for concurrent use.
type deltas struct {
	mu struct {
		sync.Mutex
		of      *placement.View
		encoded map[placement.Epoch][]byte // by the epoch that the asker has
	}
}

// since returns v.Since(e), encoded; the bytes must not be changed.
func (d *deltas) since(v *placement.View, e placement.Epoch) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mu.of != v {
		d.mu.of, d.mu.encoded = v, make(map[placement.Epoch][]byte)
	}
	if b, ok := d.mu.encoded[e]; ok {
		return b
	}
	b := placement.EncodeDelta(v.Since(e))
	if len(d.mu.encoded) < maxDeltas {
		d.mu.encoded[e] = b
	}
	return b
}
