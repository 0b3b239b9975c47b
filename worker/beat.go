package worker

import (
	"context"
	"errors"
	"syscall"
	"time"

	"go.uber.org/zap"

	"pikv/replica"
	"pikv/store"
	"pikv/wire"
)

// A frame between workers begins with a byte of flags. A beat follows if
// flagBeat is set, and then messages.
const flagBeat = 1

// cutFrame returns the beat of a frame's batch, the zero one if it has none,
// and its messages.
func cutFrame(batch []byte) (b replica.Beat, messages []byte, err error) {
	switch {
	case len(batch) == 0 || batch[0]&^flagBeat != 0:
		return b, nil, replica.ErrBadBatch
	case batch[0]&flagBeat == 0:
		return b, batch[1:], nil
	default:
		return replica.DecodeBeat(batch[1:])
	}
}

// beat takes a peer's beat. Its question is answered with the next one to it, or
// at once if it asks for that; its grant counts if this node has taken up the
// view that it names.
func (k *link) beat(now store.Instant, b *replica.Beat) {
	if b.Ask != 0 {
		k.question.Store(int64(b.Ask))
		k.heard.Store(int64(now))
	}
	if b.Prompt || b.Ask != 0 && len(*k.shared.Load()) == 0 { // with nothing shared this node asks nothing
		k.reply(now)
	}
	if b.Grant == 0 {
		return
	}
	k.noteAnswer(now, b.Grant)
	if !k.w.standing.covers(b.Master, b.View) {
		k.w.follower.behind(k.peer)
		return
	}
	k.pair.SetRoom(b.Room, b.Keep)
	if k.pair.Grant(now, b.Grant, k.w.cfg.Timing.Lease) {
		k.w.tickShared(k) // operations were held
	}
}

// runUrgent does for the urgent lane what takes waiting: connecting, above all.
// At each beat it is woken as long as there is need of it.
func (k *link) runUrgent(ctx context.Context) {
	defer k.cancel()
	defer k.urgent.close()
	var relinked time.Time // when the cores were last told of a loss
	for {
		broken := false
		select {
		case <-ctx.Done():
			return
		case <-k.urgent.wake:
		case <-k.urgent.broken():
			k.urgent.close()
			broken = true
		}
		k.pulse(ctx, broken)
		// What was lost is sent again once there is room for it.
		if k.urgent.alive() && k.bulk.waiting() == 0 && time.Since(relinked) >= relinkEvery && k.lost.Swap(false) {
			relinked = time.Now()
			k.w.relinked(k)
		}
	}
}

// pulse sends what is due. A connection that broke is made anew at once: when
// that is refused the peer's process has ended.
func (k *link) pulse(ctx context.Context, broken bool) {
	timing := &k.w.cfg.Timing
	now := k.w.now()
	sharing := len(*k.shared.Load()) > 0
	due := sharing && (broken || k.due(now))
	if !due && k.question.Load() == 0 && k.urgent.waiting() == 0 {
		return
	}
	// On a connection that has sent nothing for long, TCP tries again only
	// after as long a pause: on a new one the peer is heard as soon as the
	// network lets it.
	if sharing && k.pair.Silent(now, timing.Silence) && k.urgent.age() > timing.Silence {
		k.urgent.close()
		k.bulk.cut()
		k.fill.cut()
	}
	if sharing && k.stuck(now) {
		k.urgent.renew(ctx, func() bool { return k.stuck(k.w.now()) })
	}
	if err := k.urgent.connect(ctx); err != nil {
		k.unreachable(err)
		k.urgent.drop()
		return
	}
	k.refusal.over(k.w.log, "the other worker takes this one's connection")
	k.urgent.sending.Lock()
	defer k.urgent.sending.Unlock()
	ask := due || sharing && k.question.Load() != 0 && k.asksSoon(k.w.now())
	k.urgent.head = k.begin(k.urgent.head[:0], ask)
	if batch := k.urgent.take(k.urgent.head); len(batch) > 1 {
		k.urgent.transmit(ctx, batch)
	}
}

// runQueue sends what is queued in the bulk or the fill lane.
func (k *link) runQueue(ctx context.Context, l *lane) {
	defer l.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-l.broken():
			l.close() // notes the loss
			continue
		}
		if l.waiting() == 0 {
			continue
		}
		if l.connect(ctx) != nil {
			l.drop()
			continue
		}
		l.send(ctx)
	}
}

// unreachable judges why the urgent lane could not be connected. Nobody who
// listens at the address, or an other run of the node: the peer is gone.
func (k *link) unreachable(err error) {
	if errors.Is(err, &wire.Error{Code: wire.CodeRefused}) {
		k.refusal.about(k.w.log, "another worker does not take this one's connection", err)
	}
	if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, &wire.Error{Code: wire.CodeStale}) {
		return
	}
	if !k.pair.Gone() {
		k.pair.SetGone()
		k.w.log.Debug("worker is gone", zap.Stringer("peer", k.peer), zap.Error(err))
		k.judged.Store(int64(k.w.now()))
		k.w.tickShared(k)
	}
}
