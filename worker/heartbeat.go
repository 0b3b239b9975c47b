package worker

import (
	"context"
	"time"

	"pikv/store"
)

// A frame begins with one byte of flags; messages follow.
const flagAnswer = 1 // the receiver should send something back soon

// runUrgent sends acknowledgements, and heartbeats while they are wanted.
func (k *link) runUrgent(ctx context.Context) {
	defer k.cancel()
	defer k.urgent.close()
	tick := time.NewTicker(pingEvery)
	defer tick.Stop()
	var asked, relinked time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.urgent.wake:
		case <-tick.C:
		}
		// An answer does not ask for an answer in its turn, or two workers
		// that want each other's heartbeats would answer for ever.
		flags := byte(0)
		if store.Instant(k.wanted.Load()) > k.w.now() && time.Since(asked) >= pingEvery/2 {
			flags = flagAnswer
		}
		batch := k.urgent.take(flags)
		if owe := k.owe.Swap(false); len(batch) > 1 || owe || flags != 0 {
			if flags != 0 {
				asked = time.Now()
			}
			k.urgent.transmit(ctx, batch)
		}
		// What was lost is sent again once there is room for it.
		if k.urgent.alive() && k.bulk.waiting() == 0 && time.Since(relinked) >= relinkEvery && k.lost.Swap(false) {
			relinked = time.Now()
			k.w.relinked(k.peer)
		}
	}
}

// runBulk sends entries and snapshots.
func (k *link) runBulk(ctx context.Context) {
	defer k.bulk.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.bulk.wake:
		case <-k.bulk.broken():
			k.bulk.close() // notes the loss
			continue
		}
		if batch := k.bulk.take(0); len(batch) > 1 {
			k.bulk.transmit(ctx, batch)
		}
	}
}
