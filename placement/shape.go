package placement

import (
	"encoding/binary"
	"fmt"
)

// maxDepth is how deep the types of this package nest in msgpack, with room
// for fields of a later version.
const maxDepth = 8

// minPairs is the least number of fields that a struct in a list has.
const minPairs = 4

// checkShape looks over b before a decoder allocates anything for it: it is
// exactly one msgpack map, everything that it claims to have is there, it is
// not deep, and no element of a list takes far more memory than bytes: a list
// holds numbers, texts, or maps with some fields, but no nil, which one byte
// makes a whole struct of, and no list. It allocates nothing but an error.
func checkShape(b []byte) error {
	if len(b) == 0 || kindOf(b[0]) != kindMap {
		return fmt.Errorf("not a msgpack map: %w", ErrInvalid)
	}
	rest, err := skip(b, 0)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("%d bytes after the end: %w", len(rest), ErrInvalid)
	}
	return nil
}

// kind is what checkShape tells apart.
type kind uint8

const (
	kindOther  kind = iota // extension, float, unused: nothing here has one
	kindNil                // nil
	kindNumber             // integer or boolean
	kindText               // str or bin
	kindArray
	kindMap
)

// kindOf tells what a value with that first byte is.
func kindOf(first byte) kind {
	switch {
	case first <= 0x7f || first >= 0xe0 || first == 0xc2 || first == 0xc3 || first >= 0xcc && first <= 0xd3:
		return kindNumber
	case first <= 0x8f || first == 0xde || first == 0xdf:
		return kindMap
	case first <= 0x9f || first == 0xdc || first == 0xdd:
		return kindArray
	case first <= 0xbf || first >= 0xc4 && first <= 0xc6 || first >= 0xd9 && first <= 0xdb:
		return kindText
	case first == 0xc0:
		return kindNil
	default:
		return kindOther
	}
}

// skip checks the value at the start of b, which is so many containers deep,
// and returns what follows it.
func skip(b []byte, depth int) ([]byte, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("it ends too early: %w", ErrInvalid)
	}
	kind := kindOf(b[0])
	if kind == kindOther {
		return nil, fmt.Errorf("unexpected type %#x: %w", b[0], ErrInvalid)
	}
	size, n := header(b)
	if size == 0 {
		return nil, fmt.Errorf("it ends too early: %w", ErrInvalid)
	}
	b = b[size:]
	if n > uint64(len(b)) {
		return nil, fmt.Errorf("it claims %d elements in %d bytes: %w", n, len(b), ErrInvalid)
	}
	switch kind {
	case kindText, kindNumber:
		return b[n:], nil
	case kindArray, kindMap:
		if depth++; depth > maxDepth {
			return nil, fmt.Errorf("nested too deeply: %w", ErrInvalid)
		}
		return skipElements(b, kind, n, depth)
	default:
		return b, nil
	}
}

// skipElements checks the n elements of an array, or the n pairs of a map.
func skipElements(b []byte, container kind, n uint64, depth int) ([]byte, error) {
	var err error
	for range n {
		if container == kindMap {
			if b, err = skip(b, depth); err != nil {
				return nil, err
			}
		} else if err = checkElement(b); err != nil {
			return nil, err
		}
		if b, err = skip(b, depth); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// checkElement refuses the element of a list at the start of b that a decoder
// could make much of.
func checkElement(b []byte) error {
	if len(b) == 0 {
		return nil // skip reports it
	}
	switch kindOf(b[0]) {
	case kindNil, kindArray:
		return fmt.Errorf("unexpected element %#x in a list: %w", b[0], ErrInvalid)
	case kindMap:
		if size, n := header(b); size > 0 && n < minPairs {
			return fmt.Errorf("a map of %d fields in a list: %w", n, ErrInvalid)
		}
	}
	return nil
}

// header returns the size of the header of the value at the start of b (0:
// b is too short for it) and the bytes, elements or pairs that follow it.
func header(b []byte) (size int, n uint64) {
	switch first := b[0]; {
	case first <= 0x7f || first >= 0xe0 || first == 0xc0 || first == 0xc2 || first == 0xc3:
		return 1, 0
	case first <= 0x9f:
		return 1, uint64(first & 0x0f)
	case first <= 0xbf:
		return 1, uint64(first & 0x1f)
	case first >= 0xcc && first <= 0xcf:
		return 1, 1 << (first - 0xcc)
	case first >= 0xd0 && first <= 0xd3:
		return 1, 1 << (first - 0xd0)
	case first == 0xc4 || first == 0xd9:
		return length(b, 1)
	case first == 0xc5 || first == 0xda || first == 0xdc || first == 0xde:
		return length(b, 2)
	default:
		return length(b, 4)
	}
}

// length reads a header whose length takes so many bytes after the first.
func length(b []byte, width int) (size int, n uint64) {
	if len(b) <= width {
		return 0, 0
	}
	switch width {
	case 1:
		n = uint64(b[1])
	case 2:
		n = uint64(binary.BigEndian.Uint16(b[1:]))
	default:
		n = uint64(binary.BigEndian.Uint32(b[1:]))
	}
	return 1 + width, n
}
