package worker

import (
	"context"

	"pikv/placement"
	"pikv/replica"
	"pikv/rpcserver"
	"pikv/wire"
)

// handleDel serves Del, whose result is one number for all keys: all of them
// must be this worker's own.
func (w *Worker) handleDel(_ context.Context, c *rpcserver.Call) {
	keys, err := wire.DecodeDel(c.Params, nil)
	if err == nil {
		err = admit(c, len(keys))
	}
	if err == nil {
		err = w.checkDel(keys)
	}
	if err != nil {
		c.Fail(err)
		return
	}
	w.deleteKeys(c, keys, &wire.Options{}, func(b *batch[wire.DelResult]) {
		existed, failed := countDeleted(b.results)
		if failed != nil {
			c.Fail(failed)
			return
		}
		c.Reply(func(buf []byte) []byte { return wire.AppendUint(buf, existed) })
	})
}

// checkDel refuses what is not served here before anything takes effect. Keys
// of several owners would be sent from one to the other for ever.
func (w *Worker) checkDel(keys [][]byte) error {
	var first placement.Incarnation
	var redirect error
	for _, key := range keys {
		p, err := w.find(key)
		if err != nil {
			return err
		}
		owner, err := w.elsewhere(p)
		if first != 0 && owner != first {
			return wire.Errorf(wire.CodeBadRequest, "the keys belong to several workers: use MDel for each, or ask the master")
		}
		first, redirect = owner, err
	}
	return redirect
}

// elsewhere returns who serves a partition, and the redirect when that is
// another node.
func (w *Worker) elsewhere(p *partition) (owner placement.Incarnation, redirect error) {
	var role replica.Role
	var config placement.Partition
	p.look(func(c *replica.Core) { role, config = c.Role(), c.Config() })
	if role == replica.RolePrimary || config.Epoch == 0 {
		return w.incarnation, nil
	}
	return config.Primary, w.moved(p, config.Primary, config.Epoch)
}

// countDeleted is the result of a Del: how many keys existed, or an error. One
// that promises "no effect" may stand for the whole call only when no key was
// deleted.
func countDeleted(results []wire.DelResult) (existed uint64, failed *wire.Error) {
	unknown := false
	for i := range results {
		switch r := &results[i]; {
		case r.Err == nil && r.Found:
			existed++
		case r.Err != nil:
			unknown = unknown || r.Err.Code == wire.CodeUnknownFate
			if failed == nil || failed.Retryable() && !r.Err.Retryable() {
				failed = r.Err
			}
		}
	}
	if failed != nil && (existed > 0 || unknown) && len(results) > 1 {
		failed = wire.Errorf(wire.CodeUnknownFate, "some of the keys may be deleted, others not: %s", failed.Text)
	}
	return existed, failed
}
