package resp

import (
	"context"
	"math"
	"strconv"
)

const (
	scanCount = 10      // how many keys one SCAN looks at if it does not say
	scanMost  = 10_000  // how many at most, whatever it says
	scanBytes = 1 << 20 // after how many bytes of keys it ends
	scanSteps = 1 << 20 // after how many comparisons
	scanReads = 1 << 10 // after how many pages
	scanPage  = 32      // keys that are listed at once: they may be long
)

// scanOptions are those of SCAN.
type scanOptions struct {
	cursor uint64
	count  int
	match  int  // which argument is the pattern; 0: none is
	none   bool // it asks for another type
}

func (c *Call) scanOptions() (o scanOptions, refusal string) {
	o.count = scanCount
	var ok bool
	if o.cursor, ok = parseCursor(c.Args[1]); !ok {
		return o, "ERR invalid cursor"
	}
	for i := 2; i < len(c.Args); i += 2 {
		word := c.Args[i]
		if i+1 == len(c.Args) {
			return o, errSyntax
		}
		switch value := c.Args[i+1]; {
		case equalFold(word, "count"):
			n, ok := parseInt(value)
			switch {
			case !ok:
				return o, errNotInteger
			case n < 1:
				return o, errSyntax
			}
			o.count = int(min(n, scanMost))
		case equalFold(word, "match"):
			if len(value) > longestPattern {
				return o, errPattern
			}
			o.match = i + 1 // the last one counts
		case equalFold(word, "type"):
			o.none = !equalFold(value, typeString)
		default:
			return o, errSyntax
		}
	}
	return o, ""
}

// parseCursor reads a cursor as C's strtoul does.
func parseCursor(text []byte) (cursor uint64, ok bool) {
	if len(text) == 0 {
		return 0, true
	}
	digits := text
	if text[0] == '-' || text[0] == '+' {
		digits = text[1:]
	}
	if len(digits) == 0 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' || cursor > math.MaxUint64/10 || cursor*10 > math.MaxUint64-uint64(c-'0') {
			return 0, false
		}
		cursor = cursor*10 + uint64(c-'0')
	}
	if text[0] == '-' {
		cursor = -cursor
	}
	return cursor, true
}

// scan looks at some keys from the cursor on.
func scan(c *Call) {
	if _, refusal := c.scanOptions(); refusal != "" {
		c.Fail(refusal)
		return
	}
	c.apart(scanPages)
}

// scanPages is scan, apart.
func scanPages(ctx context.Context, c *Call, mayWait bool) (done bool) {
	o, _ := c.scanOptions()
	l := listed{call: c}
	if o.match > 0 && !l.compile(c.Args[o.match]) {
		c.Fail(ErrManyBytes)
		return true
	}
	w := c.walk(ctx, mayWait, o.cursor)
	looked := 0
	take := func() {
		looked += len(w.keys)
		if !o.none {
			l.take(w.keys, len(w.arena))
		}
	}
	for pages := 0; l.refusal == "" && looked < o.count && l.seen < scanBytes && l.steps < scanSteps && pages < scanReads; pages++ {
		if !w.page(min(o.count-looked, scanPage)) {
			break
		}
		take()
	}
	w.settle(take)
	// What was read before a partition that cannot be read is worth an answer.
	stuck := w.atEnd() || w.cursor() == o.cursor
	switch {
	case w.waiting:
		return false
	case l.refusal != "":
		c.Fail(l.refusal)
	case w.refusal != "" && stuck:
		c.Fail(w.refusal)
	case !c.Reserve(len(l.buf)):
		c.Fail(ErrManyBytes)
	default:
		c.Array(2)
		c.BulkString(strconv.FormatUint(w.cursor(), 10))
		c.Array(l.n)
		c.buf = append(c.buf, l.buf...)
	}
	return true
}
