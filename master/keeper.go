package master

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pikv/placement"
	"pikv/register"
)

// errClosed refuses everything once the keeper has stopped.
var errClosed = errors.New("the register is closed")

// keeper is what the rest of the master knows of the durable State. A
// replicated one can take the place of fileKeeper. Safe for concurrent use.
type keeper interface {
	// State returns what is published, and a channel that is closed when
	// something newer is.
	State() (*register.State, <-chan struct{})
	// Change asks for changes of partitions, each taken or refused by itself:
	// refused has an entry per change, nil when it was taken. It returns once
	// what was taken is durable and published in a view of at least epoch.
	Change(ctx context.Context, changes []placement.Change) (epoch placement.Epoch, refused []error, err error)
	// Update replaces the State by what edit makes of it; edit must not alter
	// its argument, and may return it to leave everything as it is. It returns
	// once the outcome is durable and published, or with edit's error. edit
	// runs in the keeper's own time and must not block.
	Update(ctx context.Context, edit func(*register.State) (*register.State, error)) error
}

// maxBatch bounds the requests that share one write of the file.
const maxBatch = 1024

// published is one State with the announcement of its successor.
type published struct {
	state      *register.State
	superseded chan struct{}
}

// request is a Change or an Update on its way to the keeper's goroutine.
type request struct {
	register.Request
	answer chan register.Answer // takes one, never blocks
}

// fileKeeper keeps the State in a file. One goroutine owns it: it collects
// everything that waits, makes one new State of it, saves, publishes and only
// then answers. So the cost of one slow fsync is shared by all that came
// meanwhile.
type fileKeeper struct {
	save     func(*register.State) error
	current  atomic.Pointer[published]
	requests chan request
	failure  chan error // takes one

	stop     chan struct{}
	stopOnce sync.Once
	done     chan struct{} // closed when the goroutine has ended
}

var _ keeper = (*fileKeeper)(nil)

// newFileKeeper builds a keeper that holds first, which is durable
// already, and makes what follows durable with save.
func newFileKeeper(first *register.State, save func(*register.State) error) *fileKeeper {
	r := &fileKeeper{
		save:     save,
		requests: make(chan request),
		failure:  make(chan error, 1),
		stop:     make(chan struct{}),
		done:     make(chan struct{}),
	}
	r.current.Store(&published{first, make(chan struct{})})
	return r
}

// start begins to take requests.
func (r *fileKeeper) start() { go r.run() }

// close ends the goroutine after the batch at hand and waits for it. Only
// after start; safe to call twice.
func (r *fileKeeper) close() {
	r.stopOnce.Do(func() { close(r.stop) })
	<-r.done
}

// failed delivers the error after which the keeper takes nothing any more.
func (r *fileKeeper) failed() <-chan error { return r.failure }

// State implements keeper.
func (r *fileKeeper) State() (*register.State, <-chan struct{}) {
	p := r.current.Load()
	return p.state, p.superseded
}

// Change implements keeper.
func (r *fileKeeper) Change(ctx context.Context, changes []placement.Change) (placement.Epoch, []error, error) {
	a := r.ask(ctx, register.Request{Changes: changes})
	return a.Epoch, a.Refused, a.Err
}

// Update implements keeper.
func (r *fileKeeper) Update(ctx context.Context, edit func(*register.State) (*register.State, error)) error {
	return r.ask(ctx, register.Request{Edit: edit}).Err
}

// ask hands what over and waits for the answer. When ctx ends in between, nobody
// knows whether it was taken; the next State will tell.
func (r *fileKeeper) ask(ctx context.Context, what register.Request) register.Answer {
	q := request{Request: what, answer: make(chan register.Answer, 1)}
	select {
	case r.requests <- q:
	case <-r.done:
		return register.Answer{Err: errClosed}
	case <-ctx.Done():
		return register.Answer{Err: fmt.Errorf("wait for the register: %w", ctx.Err())}
	}
	select {
	case a := <-q.answer:
		return a
	case <-ctx.Done():
		return register.Answer{Err: fmt.Errorf("wait for the register: %w", ctx.Err())}
	}
}

// run is the keeper's goroutine. Every request that it received is answered.
func (r *fileKeeper) run() {
	defer close(r.done)
	var broken error
	for {
		var batch []request
		select {
		case <-r.stop:
			return
		case q := <-r.requests:
			if batch = r.gather(q); batch == nil {
				return
			}
		}
		if broken == nil {
			broken = r.commit(batch)
			continue
		}
		for _, q := range batch {
			q.answer <- register.Answer{Err: broken}
		}
	}
}

// gatherFor is how long changes that nobody waits for wait for others. Each epoch
// costs this node a disk write, and every node a look at the view, which on
// small computers is felt by all that runs there: in a repair, dozens of
// replicas take such a step each second. It is less than the replicas' patience
// with an answer.
const gatherFor = 100 * time.Millisecond

// patient reports whether nobody waits for what is asked for: the replicas that
// are there serve on meanwhile.
func (q *request) patient() bool {
	return q.Edit == nil && !slices.ContainsFunc(q.Changes, func(c placement.Change) bool {
		return c.Kind != placement.AddLearner && c.Kind != placement.Promote
	})
}

// gather returns first and everything else that waits now; when all of that is
// patient, also what comes in the next while. When the keeper stops meanwhile it
// answers them and returns nil.
func (r *fileKeeper) gather(first request) []request {
	batch := []request{first}
	patient := first.patient()
	wait := time.NewTimer(gatherFor)
	defer wait.Stop()
	for len(batch) < maxBatch {
		select {
		case q := <-r.requests:
			batch, patient = append(batch, q), patient && q.patient()
			continue
		default:
		}
		if !patient {
			return batch
		}
		select {
		case q := <-r.requests:
			batch, patient = append(batch, q), q.patient()
		case <-wait.C:
			patient = false
		case <-r.stop:
			for _, q := range batch {
				q.answer <- register.Answer{Err: errClosed}
			}
			return nil
		}
	}
	return batch
}

// commit takes one batch: apply, save, publish, answer, in this order. It
// returns an error when the disk failed, after which nothing may be published.
func (r *fileKeeper) commit(batch []request) (broken error) {
	p := r.current.Load()
	asked := make([]register.Request, len(batch))
	for i, q := range batch {
		asked[i] = q.Request
	}
	next, answers := register.Apply(p.state, asked)
	if next != p.state {
		if err := r.save(next); err != nil {
			for i := range answers {
				answers[i] = register.Answer{Err: err}
			}
			if errors.Is(err, ErrDiskFailed) {
				broken = err
				r.failure <- err
			}
		} else {
			r.current.Store(&published{next, make(chan struct{})})
			close(p.superseded)
		}
	}
	for i, q := range batch {
		q.answer <- answers[i]
	}
	return broken
}
