package bench

import "math/rand/v2"

// operation is what a request does.
type operation int

const (
	opRead operation = iota
	opWrite
	opReadModifyWrite
	operations // how many there are
)

// request is one of a workload's.
type request struct {
	op   operation
	key  int
	size int  // of the value that is written
	new  bool // the key is one that the workload inserts
}

// chooser decides what the requests of a workload are. Safe for concurrent use.
type chooser struct {
	w       Workload // with its defaults
	z       *zipfian // for Zipfian
	inserts *inserts
}

func newChooser(w Workload) *chooser {
	c := &chooser{w: w, inserts: newInserts(w.Keys, w.Distribution == Latest)}
	if w.Distribution == Zipfian {
		c.z = newScrambling()
	}
	return c
}

// request decides what request number n is. Number and seed alone decide, but
// for the keys of a workload that inserts: these depend on how far it has come.
func (c *chooser) request(n int64) request {
	src := rand.New(rand.NewPCG(c.w.Seed, uint64(n)))
	var r request
	switch c.w.Distribution {
	case Zipfian:
		r.key = scramble(c.z.rank(src.Float64()), c.w.Keys)
	case Latest:
		r.key = c.inserts.latest(src.Float64())
	case Uniform:
		r.key = src.IntN(c.w.Keys)
	}
	if src.Float64() >= c.w.ReadShare {
		switch c.w.Writes {
		case Update:
			r.op = opWrite
		case ReadModifyWrite:
			r.op = opReadModifyWrite
		case Insert:
			r.op, r.new, r.key = opWrite, true, c.inserts.begin()
		}
	}
	r.size = c.w.sizes().draw(src)
	return r
}

// load decides what request number n is of those that write every key once.
func (c *chooser) load(n int64) request {
	src := rand.New(rand.NewPCG(c.w.Seed, uint64(n)))
	return request{op: opWrite, key: int(n), size: c.w.sizes().draw(src)}
}

// draw returns one of the sizes.
func (s Sizes) draw(src *rand.Rand) int {
	if s.Least == s.Most {
		return s.Least
	}
	return s.Least + src.IntN(s.Most-s.Least+1)
}
