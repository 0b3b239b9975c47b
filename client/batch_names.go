package client

import (
	"pikv/client/retry"
	"pikv/wire"
)

// itemWrite is the name of one item's write.
type itemWrite struct {
	seq     uint64 // 0: not named yet
	attempt uint64 // how often it may have reached a worker
}

// nameItems gives the items of a frame their names, unless they have them. It
// waits while the client has too many writes under way.
func (b *batch) nameItems(frame []int) error {
	if !b.write || b.options.Client != 0 && b.options.Client != b.c.name {
		return nil
	}
	var unnamed []int
	for _, i := range frame {
		if b.writes[i].seq == 0 {
			unnamed = append(unnamed, i)
		}
	}
	if len(unnamed) == 0 {
		return nil
	}
	first, err := b.c.beginWrites(b.p, len(unnamed))
	if err != nil {
		return err
	}
	for n, i := range unnamed {
		b.writes[i].seq = first + uint64(n)
	}
	return nil
}

// finish notes that the item's caller has an answer.
func (b *batch) finish(item int) {
	if b.write && b.writes[item].seq != 0 {
		b.c.window.Finish(b.writes[item].seq)
		b.writes[item].seq = 0
	}
}

// frameOptions are the options of one call: the number of its attempt is that
// of the item which was sent most often.
func (b *batch) frameOptions(frame []int) wire.Options {
	o := b.options
	if !b.write {
		return o
	}
	came := o.Seqs
	o.Seqs = make([]uint64, len(frame))
	var most uint64
	for n, i := range frame {
		if len(came) > 0 {
			o.Seqs[n] = came[i]
		} else {
			o.Seqs[n] = b.writes[i].seq
		}
		most = max(most, b.writes[i].attempt)
	}
	if o.Attempt += most; o.Client == 0 {
		o.Client = b.c.name
	}
	return o
}

// maybe reports whether an item's write may have taken effect.
func (b *batch) maybe(item int) bool { return b.write && b.writes[item].attempt > 0 }

// judged is what a judge needs to know of the call with item.
func (b *batch) judged(item, attempts int) retry.Call {
	return retry.Call{Write: b.write, Named: b.write, Large: b.small || b.large[item], Attempts: attempts}
}
