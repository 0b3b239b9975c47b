package client

import (
	"context"

	"pikv/wire"
)

// Pair is a key with its value.
type Pair struct {
	Key   string
	Value []byte
}

// PutResult is what MPut says of one pair.
type PutResult struct {
	Version uint64 // as Put returns it
	Err     error  // as Put returns it
}

// MPut stores pairs side by side and returns their results in the same order; they
// are not stored at one moment. Of pairs with the same key the last one is
// stored, and its result is theirs. The error is nil unless at least
// one pair failed: its text then counts them and its chain holds the first.
// The timeout counts for the whole call. A condition holds for each pair by
// itself, and so does the promise that a write takes effect once.
func (c *Client) MPut(ctx context.Context, pairs []Pair, opts ...PutOption) ([]PutResult, error) {
	options, err := writeOptions(opts)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(pairs))
	values := make([][]byte, len(pairs))
	for i, p := range pairs {
		keys[i], values[i] = p.Key, p.Value
	}
	results := make([]PutResult, len(pairs))
	b := &batch{
		c:       c,
		method:  wire.MethodMPut,
		write:   true,
		values:  values,
		options: options,
		fail:    func(i int, err error) { results[i].Err = about("put", keys[i], err) },
	}
	b.encode = func(buf []byte, items []int, o wire.Options) []byte {
		out := make([]wire.Pair, len(items))
		for n, i := range items {
			out[n] = wire.Pair{Key: b.keys[i], Value: values[i]}
		}
		return wire.AppendMPut(buf, out, o)
	}
	b.decode = func(d *wire.Decoder, items []int, refused func(int, *wire.Error)) error {
		answers, err := wire.DecodeMPutResult(d, nil)
		if err != nil {
			return err
		}
		return each(answers, items, func(i int, a wire.PutResult) {
			if a.Err != nil {
				refused(i, a.Err)
				return
			}
			results[i].Version = a.Version
			c.large.saw(keys[i], len(values[i]))
		})
	}
	unique, same := lastOfEach(keys)
	b.call(ctx, keys, unique)
	for i, last := range same {
		results[i] = results[last]
	}
	return results, summary(results, func(r PutResult) error { return r.Err })
}

// lastOfEach returns the last item of each distinct key, in order, and for
// every other item the one that stands for it.
func lastOfEach(keys []string) (unique []int, same map[int]int) {
	last := make(map[string]int, len(keys))
	for i, k := range keys {
		last[k] = i
	}
	unique = make([]int, 0, len(last))
	same = make(map[int]int)
	for i, k := range keys {
		if last[k] == i {
			unique = append(unique, i)
		} else {
			same[i] = last[k]
		}
	}
	return unique, same
}
