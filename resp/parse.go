package resp

import (
	"bytes"
	"math"

	"pikv/heaplimit"
)

// Sizes in bytes.
const (
	// large is the length from which on an argument that has not come whole is
	// read into memory of its own, which can be given away.
	large = 32 << 10
	// lineMost bounds a line: an inline command, or a header.
	lineMost = 64 << 10
	// arenaSize is what small arguments of a half command are copied into, at
	// first.
	arenaSize = 1 << 10
	// sliceSize is what an argument costs beside its bytes.
	sliceSize = 24
	// freeInput is how many bytes of half a command may be kept without room in the
	// budget: no client can help it where the network cuts what it sends.
	freeInput = 32 << 10
)

// What a client may send before it has said who it is, as in Redis.
const (
	strangerArgs = 10
	strangerBulk = 16384
)

// bounds is what a client may send.
type bounds struct {
	args     int // arguments of a command
	bulk     int // bytes of one
	command  int // bytes of all
	stranger bool
}

// parser cuts commands out of what a client sends. It is given the input from
// where it stopped on, and says how much of that it is done with; of a command
// that is not whole it keeps the arguments that are, so that the input never has
// to hold more than a line, or an argument that is not large. The zero value
// stands before a command.
type parser struct {
	left    int      // arguments that are missing; 0: before a command
	want    int      // bytes of the argument that comes next, with the end of its line; 0: not known yet
	scanned int      // bytes at the beginning of the input that hold no end of a line
	size    int64    // bytes of all arguments so far
	args    [][]byte // the arguments so far, in memory of their own
	arena   []byte   // where small ones of them lie
	big     []byte   // the argument that comes next, as far as it is there: a large one
	filling bool     // what big still has room for was given away, to be filled
	skip    string   // the error for a command that cannot be: what comes of it is dropped

	// reserve takes room for bytes that are kept, release gives it back; nil has no end
	// of it.
	reserve  func(n int) bool
	release  func(n int)
	reserved int // what it gave; whoever handles the command gives it back
	free     int // bytes that are kept without, freeInput at most
}

// parsed is one step of a parser.
type parsed struct {
	args    [][]byte // of a command; nil: there is none. They lie in the input, or in memory of their own
	owned   int      // how many of args, from the first on, lie in memory of their own
	used    int      // bytes of the input that are done with
	refusal string   // the error for a command that was passed over
}

// next looks for a command at the beginning of in. When it finds none and used
// is 0, it needs more input. scratch is room for the result. After an error,
// which is for the client to see, nothing that follows makes sense.
func (p *parser) next(in []byte, scratch [][]byte, b *bounds) (parsed, error) {
	at := 0
	if p.left == 0 {
		if len(in) == 0 {
			return parsed{}, nil
		}
		if in[0] != '*' {
			return p.inline(in)
		}
		n, end, err := p.number(in, errCountLine)
		switch {
		case err != nil || end == 0:
			return parsed{}, err
		case n > math.MaxInt32: // or notNumber
			return parsed{}, errMultibulk
		case n > strangerArgs && b.stranger:
			return parsed{}, errStrangerArgs
		case n > int64(b.args):
			return parsed{}, errMultibulk
		case n <= 0:
			return parsed{used: end}, nil
		}
		p.left, at = int(n), end
	}
	args, owned := scratch[:0], len(p.args)
	if owned > 0 {
		args = p.args
	}
	for p.left > 0 {
		if p.want == 0 {
			size, end, err := p.bulk(in[at:], b)
			if err != nil {
				return parsed{}, err
			}
			if end == 0 {
				break
			}
			at += end
			if p.want = size + 2; p.skip != "" {
				args, owned = args[:0], 0
			}
		}
		rest := in[at:]
		switch {
		case p.skip != "":
			n := min(len(rest), p.want)
			p.want -= n
			at += n
		case p.big == nil && len(rest) >= p.want:
			args = append(args, rest[:p.want-2:p.want-2])
			at += p.want
			p.want = 0
		case p.want-2 >= large:
			args, owned = p.keep(args, owned)
			if p.skip != "" {
				continue
			}
			n := p.fill(rest)
			at += n
			if p.want == 0 {
				args = append(args, p.big[:len(p.big)-2:len(p.big)-2])
				p.big, p.args, owned = nil, args, len(args)
			}
			if p.skip != "" {
				continue
			}
		}
		if p.want > 0 {
			break
		}
		p.left--
	}
	if p.left > 0 {
		p.keep(args, owned)
		if at > 0 {
			p.scanned = 0
		}
		return parsed{used: at}, nil
	}
	done := parsed{args: args, owned: owned, used: at, refusal: p.skip}
	if p.skip != "" {
		done.args = nil
	}
	p.reset()
	return done, nil
}

// reset goes before the next command.
func (p *parser) reset() {
	p.left, p.want, p.scanned, p.size, p.skip = 0, 0, 0, 0, ""
	p.args, p.arena, p.big, p.filling = nil, nil, nil, false
}

// keep moves those of args that are not the parser's own out of the input.
func (p *parser) keep(args [][]byte, owned int) (kept [][]byte, nowOwned int) {
	if p.skip != "" || len(args) == owned || !p.room((len(args)-owned)*sliceSize) {
		return args, owned
	}
	if owned == 0 {
		args = append(make([][]byte, 0, max(len(args), min(len(args)+p.left, 16))), args...)
	}
	for i, arg := range args[owned:] {
		if len(arg) >= large {
			if !p.room(len(arg)) {
				return args, owned
			}
			args[owned+i] = bytes.Clone(arg)
			continue
		}
		if len(arg) > cap(p.arena)-len(p.arena) {
			size := max(len(arg), arenaSize, min(2*cap(p.arena), large))
			if !p.room(size) {
				return args, owned
			}
			p.arena = make([]byte, 0, size)
		}
		from := len(p.arena)
		p.arena = append(p.arena, arg...)
		args[owned+i] = p.arena[from:len(p.arena):len(p.arena)]
	}
	p.args = args
	return args, len(args)
}

// fill moves input to a large argument, and returns how much. p.want is 0 when
// that is whole.
func (p *parser) fill(in []byte) int {
	n := min(len(in), p.want-len(p.big))
	if need := len(p.big) + n; need > cap(p.big) && !p.grow(need) {
		return 0
	}
	p.big = append(p.big, in[:n]...)
	if len(p.big) == p.want {
		p.want = 0
	}
	return n
}

// fillRoom returns memory that may be filled with the bytes that come next, behind
// those that next was given; nil: there is none. When it is full, filled is called.
func (p *parser) fillRoom() []byte {
	if p.big == nil || p.skip != "" || len(p.big) == cap(p.big) && !p.grow(len(p.big)+1) {
		return nil
	}
	p.filling = true
	return p.big[len(p.big):cap(p.big)]
}

// filled notes that the memory that fillRoom gave, if it gave any, is full, and returns
// how many bytes it has.
func (p *parser) filled() (n int) {
	if p.filling {
		n = cap(p.big) - len(p.big)
		p.filling, p.big = false, p.big[:cap(p.big)]
	}
	return n
}

// grow makes room in big for need bytes and more: as they come, for who only says
// how much will come takes no memory.
func (p *parser) grow(need int) bool {
	grown := min(max(2*need, 2*large), p.want)
	if !p.room(grown - cap(p.big)) {
		return false
	}
	heaplimit.MakeRoom(grown)
	p.big = append(make([]byte, 0, grown), p.big...)
	return true
}

// room takes room for n bytes, or gives the command up.
func (p *parser) room(n int) bool {
	if p.reserve == nil {
		return true
	}
	free := min(n, freeInput-p.free)
	if n > free && !p.reserve(n-free) {
		p.pass(ErrManyBytes)
		return false
	}
	p.free += free
	p.reserved += n - free
	return true
}

// hand gives what the command has of the budget to the call that handles it.
func (p *parser) hand(call *Call) {
	call.reserved, call.free = p.reserved, p.free
	p.reserved, p.free = 0, 0
}

// pass gives the command up: what is missing of it is dropped as it comes.
func (p *parser) pass(refusal string) {
	p.want -= len(p.big)
	p.skip, p.args, p.arena, p.big = refusal, nil, nil, nil
	if p.release != nil {
		p.release(p.reserved)
	}
	p.reserved, p.free = 0, 0
}
