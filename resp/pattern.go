package resp

import "math/bits"

const (
	// longestPattern bounds patterns, in bytes: no key is longer.
	longestPattern = 64 << 10
	// patternSteps bounds the comparisons of keys with a pattern, together with
	// patternByte for each byte of them: a common pattern takes two or three.
	patternSteps = 1 << 20
	patternByte  = 16
)

// pattern is a glob pattern as Redis understands it: * ? [abc] [^a-z], and \ before
// any character. Safe for concurrent use.
type pattern struct {
	parts []part
	sets  []byteSet
	all   bool // it is *
}

// part of a pattern is what one byte is compared with, or any number of them.
type part struct {
	kind partKind
	byte byte   // oneByte
	set  uint32 // oneOf: index of sets
}

type partKind uint8

const (
	oneByte partKind = iota
	anyByte
	oneOf
	anything
)

// byteSet is a set of bytes.
type byteSet [4]uint64

func (s *byteSet) add(c byte)      { s[c>>6] |= 1 << (c & 63) }
func (s *byteSet) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }

// size is how many bytes are in it.
func (s *byteSet) size() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// compile reads a pattern; with fold, case does not matter. It takes time in
// proportion to the length.
func compile(text []byte, fold bool) *pattern {
	p := &pattern{all: string(text) == "*"}
	for len(text) > 0 {
		switch c := text[0]; {
		case c == '*':
			if n := len(p.parts); n == 0 || p.parts[n-1].kind != anything {
				p.parts = append(p.parts, part{kind: anything})
			}
		case c == '?':
			p.parts = append(p.parts, part{kind: anyByte})
		case c == '[':
			var set byteSet
			n := set.read(text, fold)
			p.addSet(&set)
			text = text[n:]
			continue
		case c == '\\' && len(text) >= 2:
			text = text[1:]
			p.addByte(text[0], fold)
		default:
			p.addByte(c, fold)
		}
		text = text[1:]
	}
	return p
}

// size is what it takes, in bytes.
func (p *pattern) size() int {
	const ofPart, ofSet = 8, 32
	return cap(p.parts)*ofPart + cap(p.sets)*ofSet
}

// addByte adds a part that is c.
func (p *pattern) addByte(c byte, fold bool) {
	if fold && lower(c) != upper(c) {
		var set byteSet
		set.add(lower(c))
		set.add(upper(c))
		p.addSet(&set)
		return
	}
	p.parts = append(p.parts, part{kind: oneByte, byte: c})
}

func (p *pattern) addSet(set *byteSet) {
	switch last := len(p.sets) - 1; {
	case set.size() == 256:
		p.parts = append(p.parts, part{kind: anyByte})
		return
	case last < 0 || p.sets[last] != *set: // a hostile pattern repeats one
		p.sets = append(p.sets, *set)
	}
	p.parts = append(p.parts, part{kind: oneOf, set: uint32(len(p.sets) - 1)})
}

// read reads [...], or what is there of it at the end of a pattern, and returns how
// long that is. Ranges are of signed bytes, and what follows a \ is compared with
// its case, as in Redis.
func (s *byteSet) read(text []byte, fold bool) (n int) {
	i := 1
	not := i < len(text) && text[i] == '^'
	if not {
		i++
	}
	for ; i < len(text) && text[i] != ']'; i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			s.add(text[i])
		case i+2 < len(text) && text[i+1] == '-':
			s.addRange(text[i], text[i+2], fold)
			i += 2
		case fold:
			s.add(lower(text[i]))
			s.add(upper(text[i]))
		default:
			s.add(text[i])
		}
	}
	if not {
		for j := range s {
			s[j] = ^s[j]
		}
	}
	return min(i+1, len(text))
}

// addRange adds what lies between two bytes; with fold, between their lower cases,
// as its own does.
func (s *byteSet) addRange(from, to byte, fold bool) {
	same := func(c byte) int8 { return int8(c) }
	if fold {
		same = func(c byte) int8 { return int8(lower(c)) }
	}
	if int8(from) > int8(to) {
		from, to = to, from
	}
	low, high := same(from), same(to)
	for i := range 256 {
		if x := same(byte(i)); low <= x && x <= high {
			s.add(byte(i))
		}
	}
}

// match compares a text with the pattern. It gives up after so many steps as there
// are in left, which it counts down, and then returns false for decided.
func (p *pattern) match(text []byte, left *int) (ok, decided bool) {
	if p.all {
		return true, true
	}
	// Only the last * seen has to be tried again: an earlier one cannot help when
	// that one fails.
	i, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		if *left--; *left < 0 {
			return false, false
		}
		switch {
		case i < len(p.parts) && p.parts[i].kind == anything:
			star, from = i, t
			i++
			if i == len(p.parts) {
				return true, true
			}
		case i < len(p.parts) && p.fits(i, text[t]):
			i++
			t++
		case star < 0:
			return false, true
		default:
			from++
			i, t = star+1, from
		}
	}
	if i < len(p.parts) && p.parts[i].kind == anything {
		i++
	}
	return i == len(p.parts), true
}

// fits reports whether a byte is as the part says, which is not anything.
func (p *pattern) fits(i int, c byte) bool {
	switch part := &p.parts[i]; part.kind {
	case oneByte:
		return part.byte == c
	case oneOf:
		return p.sets[part.set].has(c)
	default:
		return true
	}
}

// fitsName reports whether a short name is as the pattern says.
func (p *pattern) fitsName(name string) bool {
	left := patternSteps
	ok, _ := p.match([]byte(name), &left)
	return ok
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}
