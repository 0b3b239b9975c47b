package wire

import "errors"

// maxDepth is the most that values may nest, whatever Limits say.
const maxDepth = 32

// scanner finds the end of one value in bytes that come piece by piece. It
// keeps no bytes: what it has passed is described by counts.
type scanner struct {
	payload  uint32 // bytes of the current str, bin or ext still to come
	depth    int    // arrays and maps that are open
	maxDepth int
	elements uint64 // values announced so far, the first not counted
	maxElems uint64
	// left counts the values still to begin: left[0] is 1 for the value
	// itself before it has begun, left[i] those of the i-th open container.
	left [maxDepth + 1]uint64
}

// reset makes s ready for one value within the limits.
func (s *scanner) reset(depth, elements int) {
	s.payload, s.depth, s.elements = 0, 0, 0
	s.maxDepth = min(depth, maxDepth)
	s.maxElems = uint64(max(elements, 0))
	s.left[0] = 1
}

// advance passes over as much of p as it can and returns how much that was.
// Bytes that it did not pass are the beginning of a header and must be at
// the front of the next p. done means that the value ends at p[n]. After
// ErrTooMany it can be called again, and goes on as if the limit were not
// there; after other errors it cannot.
func (s *scanner) advance(p []byte) (n int, done bool, err error) {
	for {
		if s.payload > 0 {
			k := len(p) - n
			if uint64(k) > uint64(s.payload) {
				k = int(s.payload)
			}
			n += k
			s.payload -= uint32(k)
			if s.payload > 0 {
				return n, false, nil
			}
		}
		for s.left[s.depth] == 0 {
			if s.depth == 0 {
				return n, true, nil
			}
			s.depth--
		}
		h, err := readHeader(p[n:])
		if err != nil {
			if errors.Is(err, ErrTruncated) {
				err = nil
			}
			return n, false, err
		}
		n += int(h.size)
		s.left[s.depth]--
		switch h.kind {
		case KindStr, KindBin, KindExt:
			s.payload = h.n
		case KindArray:
			err = s.open(uint64(h.n))
		case KindMap:
			err = s.open(2 * uint64(h.n))
		}
		if err != nil {
			return n, false, err
		}
	}
}

// open begins a container of n values.
func (s *scanner) open(n uint64) error {
	if s.depth >= s.maxDepth {
		return ErrTooDeep
	}
	s.depth++
	s.left[s.depth] = n
	before := s.elements
	s.elements += n
	if s.elements > s.maxElems && before <= s.maxElems {
		return ErrTooMany
	}
	return nil
}
