package resp

import (
	"context"

	"pikv/placement"
)

// pageKeys is how many keys of a partition are listed under its lock at once.
const pageKeys = 1000

// eachInSlot yields the keys of a slot until yield returns false: none, if another
// node serves it.
func (c *Call) eachInSlot(ctx context.Context, slot uint16, yield func(key []byte) bool) (refusal string) {
	p := c.allowance(ctx)
	for cursor, more := uint64(0), true; more; {
		next, refusal, ok := p.page(slot, cursor, pageKeys, func(key []byte) {
			more = more && (placement.Slot(key) != slot || yield(key))
		})
		switch {
		case refusal != "":
			return refusal
		case ok:
			cursor, more = next, more && next != 0
			continue
		}
		switch s := p.await(slot); {
		case s.Elsewhere && cursor > 0:
			return TryAgain + "the slot has moved to another node meanwhile"
		case s.Elsewhere:
			return ""
		case s.Refusal != "":
			return s.Refusal
		}
	}
	return ""
}

// slotArg reads a slot.
func (c *Call) slotArg(i int) (slot uint16, ok bool) {
	n, ok := parseInt(c.Args[i])
	return uint16(n), ok && n >= 0 && n < placement.Slots
}

func clusterCountKeys(c *Call) {
	if _, ok := parseInt(c.Args[2]); !ok {
		c.Fail(errNotInteger)
		return
	}
	slot, ok := c.slotArg(2)
	if !ok {
		c.Fail("ERR Invalid slot")
		return
	}
	c.Errand(func(ctx context.Context, c *Call) {
		n := int64(0)
		if refusal := c.eachInSlot(ctx, slot, func([]byte) bool {
			n++
			return true
		}); refusal != "" {
			c.Fail(refusal)
			return
		}
		c.Int(n)
	})
}

func clusterGetKeys(c *Call) {
	most, isNumber := parseInt(c.Args[3])
	if _, ok := parseInt(c.Args[2]); !ok || !isNumber {
		c.Fail(errNotInteger)
		return
	}
	slot, ok := c.slotArg(2)
	if !ok || most < 0 {
		c.Fail("ERR Invalid slot or number of keys")
		return
	}
	c.Errand(func(ctx context.Context, c *Call) { getKeys(ctx, c, slot, most) })
}

// getKeys lists as many keys of a slot as most. More than one reply can hold is an error,
// as in KEYS: whoever asks for all must not take a part for them.
func getKeys(ctx context.Context, c *Call, slot uint16, most int64) {
	var keys Writer
	n, refused := int64(0), ""
	refusal := c.eachInSlot(ctx, slot, func(key []byte) bool {
		if n >= most || refused != "" {
			return false
		}
		n++
		keys.Bulk(key)
		switch {
		case len(keys.buf) > c.listedMost():
			refused = "ERR more than " + sizeText(c.listedMost()) + " of keys: give a smaller count, or use SCAN"
		case !c.Reserve(len(keys.buf)):
			refused = ErrManyBytes
		}
		return true
	})
	switch {
	case refusal != "":
		c.Fail(refusal)
	case refused != "":
		c.Fail(refused)
	default:
		c.Array(int(n))
		c.buf = append(c.buf, keys.buf...)
	}
}
