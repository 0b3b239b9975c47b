package master

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"pikv/placement"
)

// Why the register refuses, beside placement's reasons.
var (
	// ErrFrozen refuses a change of a partition in State.Frozen.
	ErrFrozen = errors.New("the partition is frozen until all its replicas have reported to the new master (or it is started with --recover)")
	// ErrNoView refuses a change before the cluster's birth.
	ErrNoView = errors.New("the cluster has no view yet")
	// errClosed refuses everything once the register has stopped.
	errClosed = errors.New("the register is closed")
)

// register is what the rest of the master knows of the durable State. A
// replicated one can take the place of fileRegister. Safe for concurrent use.
type register interface {
	// State returns what is published, and a channel that is closed when
	// something newer is.
	State() (*State, <-chan struct{})
	// Change asks for changes of partitions, each taken or refused by itself:
	// refused has an entry per change, nil when it was taken. It returns once
	// what was taken is durable and published in a view of at least epoch.
	Change(ctx context.Context, changes []placement.Change) (epoch placement.Epoch, refused []error, err error)
	// Update replaces the State by what edit makes of it; edit must not alter
	// its argument, and may return it to leave everything as it is. It returns
	// once the outcome is durable and published, or with edit's error. edit
	// runs in the register's own time and must not block.
	Update(ctx context.Context, edit func(*State) (*State, error)) error
}

// maxBatch bounds the requests that share one write of the file.
const maxBatch = 1024

// published is one State with the announcement of its successor.
type published struct {
	state      *State
	superseded chan struct{}
}

// request is a Change or an Update on its way to the register's goroutine.
type request struct {
	changes []placement.Change
	edit    func(*State) (*State, error)
	answer  chan answer // takes one, never blocks
}

type answer struct {
	epoch   placement.Epoch
	refused []error
	err     error
}

// fileRegister keeps the State in a file. One goroutine owns it: it collects
// everything that waits, makes one new State of it, saves, publishes and only
// then answers. So the cost of one slow fsync is shared by all that came
// meanwhile.
type fileRegister struct {
	save     func(*State) error
	current  atomic.Pointer[published]
	requests chan request
	failure  chan error // takes one

	stop     chan struct{}
	stopOnce sync.Once
	done     chan struct{} // closed when the goroutine has ended
}

var _ register = (*fileRegister)(nil)

// newFileRegister builds a register that holds first, which is durable
// already, and makes what follows durable with save.
func newFileRegister(first *State, save func(*State) error) *fileRegister {
	r := &fileRegister{
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
func (r *fileRegister) start() { go r.run() }

// close ends the goroutine after the batch at hand and waits for it. Only
// after start; safe to call twice.
func (r *fileRegister) close() {
	r.stopOnce.Do(func() { close(r.stop) })
	<-r.done
}

// failed delivers the error after which the register takes nothing any more.
func (r *fileRegister) failed() <-chan error { return r.failure }

// State implements register.
func (r *fileRegister) State() (*State, <-chan struct{}) {
	p := r.current.Load()
	return p.state, p.superseded
}

// Change implements register.
func (r *fileRegister) Change(ctx context.Context, changes []placement.Change) (placement.Epoch, []error, error) {
	a := r.ask(ctx, request{changes: changes, answer: make(chan answer, 1)})
	return a.epoch, a.refused, a.err
}

// Update implements register.
func (r *fileRegister) Update(ctx context.Context, edit func(*State) (*State, error)) error {
	return r.ask(ctx, request{edit: edit, answer: make(chan answer, 1)}).err
}

// ask hands q over and waits for the answer. When ctx ends in between, nobody
// knows whether q was taken; the next State will tell.
func (r *fileRegister) ask(ctx context.Context, q request) answer {
	select {
	case r.requests <- q:
	case <-r.done:
		return answer{err: errClosed}
	case <-ctx.Done():
		return answer{err: fmt.Errorf("wait for the register: %w", ctx.Err())}
	}
	select {
	case a := <-q.answer:
		return a
	case <-ctx.Done():
		return answer{err: fmt.Errorf("wait for the register: %w", ctx.Err())}
	}
}

// run is the register's goroutine. Every request that it received is answered.
func (r *fileRegister) run() {
	defer close(r.done)
	var broken error
	for {
		var batch []request
		select {
		case <-r.stop:
			return
		case q := <-r.requests:
			batch = r.gather(q)
		}
		if broken == nil {
			broken = r.commit(batch)
			continue
		}
		for _, q := range batch {
			q.answer <- answer{err: broken}
		}
	}
}

// gather returns first and everything else that waits now.
func (r *fileRegister) gather(first request) []request {
	batch := []request{first}
	for len(batch) < maxBatch {
		select {
		case q := <-r.requests:
			batch = append(batch, q)
		default:
			return batch
		}
	}
	return batch
}

// commit takes one batch: apply, save, publish, answer, in this order. It
// returns an error when the disk failed, after which nothing may be published.
func (r *fileRegister) commit(batch []request) (broken error) {
	p := r.current.Load()
	next, answers := applyBatch(p.state, batch)
	if next != p.state {
		if err := r.save(next); err != nil {
			for i := range answers {
				answers[i] = answer{err: err}
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
