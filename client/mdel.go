package client

import (
	"context"

	"pikv/wire"
)

// DelResult is what MDel says of one key.
type DelResult struct {
	Existed bool
	Err     error // as Put returns it: ErrUnknownFate may have deleted the key
}

// MDel deletes keys side by side and returns their results in the same order;
// they are not deleted at one moment. Of equal keys only the last is reported
// as Existed. The error is nil unless at least one key failed: its text then
// counts them and its chain holds the first. Of opts only Forward has a meaning.
func (c *Client) MDel(ctx context.Context, keys []string, opts ...PutOption) ([]DelResult, error) {
	options, err := writeOptions(opts)
	if err != nil {
		return nil, err
	}
	results := make([]DelResult, len(keys))
	b := &batch{
		c:       c,
		method:  wire.MethodMDel,
		write:   true,
		options: options,
		fail:    func(i int, err error) { results[i].Err = about("del", keys[i], err) },
	}
	b.encode = func(buf []byte, items []int, o wire.Options) []byte {
		return wire.AppendMDel(buf, b.pick(items), o)
	}
	b.decode = func(d *wire.Decoder, items []int, refused func(int, *wire.Error)) error {
		answers, err := wire.DecodeMDelResult(d, nil)
		if err != nil {
			return err
		}
		return each(answers, items, func(i int, a wire.DelResult) {
			if a.Err != nil {
				refused(i, a.Err)
				return
			}
			results[i].Existed = a.Found
		})
	}
	unique, same := lastOfEach(keys)
	b.call(ctx, keys, unique)
	for i, last := range same {
		results[i].Err = results[last].Err
	}
	return results, summary(results, func(r DelResult) error { return r.Err })
}
