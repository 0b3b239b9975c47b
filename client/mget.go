package client

import (
	"context"

	"pikv/wire"
)

// GetResult is what MGet says of one key.
type GetResult struct {
	Value []byte // belongs to the caller
	Found bool   // false, without Err: the key does not exist
	Err   error  // this key could not be read
}

// usualValue is what MGet takes a value for of which it knows nothing, in bytes:
// many of them go where large values go, for together they are one.
const usualValue = 256

// errNoRoom is of a value for which MGetWithin has no room.
var errNoRoom = wire.Errorf(wire.CodeBusy, "too many bytes in flight")

// MGet reads keys side by side and returns their results in the same order; they
// are not read at one moment. The error is nil unless at least one key could
// not be read: its text then counts them and its chain holds the first. Values
// may share memory with their neighbours: copy those that are kept for long.
func (c *Client) MGet(ctx context.Context, keys []string) ([]GetResult, error) {
	return c.MGetWithin(ctx, keys, false, nil)
}

// MGetWithin is MGet for a proxy, which bounds what it holds for others. Values
// arrive in groups, and room is asked for the bytes of each group, perhaps by
// several goroutines at once; where it says no, none is kept and their keys fail
// with an error that may be retried. It is not asked after MGetWithin has
// returned. With small, the proxy's client wants no large answer: keys whose
// values would make one fail with wire.CodeLarge.
func (c *Client) MGetWithin(ctx context.Context, keys []string, small bool, room func(bytes int) bool) ([]GetResult, error) {
	results := make([]GetResult, len(keys))
	b := &batch{
		c:      c,
		method: wire.MethodMGet,
		small:  small,
		answer: usualValue,
		fail:   func(i int, err error) { results[i].Err = about("get", keys[i], err) },
	}
	b.encode = func(buf []byte, items []int, o wire.Options) []byte {
		return wire.AppendMGet(buf, b.pick(items), o)
	}
	b.decode = func(d *wire.Decoder, items []int, refused func(int, *wire.Error)) error {
		answers, err := wire.DecodeMGetResult(d, nil)
		if err != nil {
			return err
		}
		kept := room == nil || room(valueBytes(answers))
		return each(answers, items, func(i int, a wire.GetResult) {
			switch {
			case a.Err != nil:
				refused(i, a.Err)
				return
			case a.Found && !kept:
				results[i].Err = about("get", keys[i], errNoRoom)
				return
			}
			results[i] = GetResult{Value: a.Value, Found: a.Found}
			c.large.saw(keys[i], len(a.Value))
		})
	}
	b.call(ctx, keys, nil)
	return results, summary(results, func(r GetResult) error { return r.Err })
}

func valueBytes(answers []wire.GetResult) (sum int) {
	for _, a := range answers {
		sum += len(a.Value)
	}
	return sum
}
