package master

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"pikv/rpcserver"
	"pikv/wire"
)

// keepEvents is how many events are remembered: days of a cluster at rest.
const keepEvents = 256

// The kinds of events.
const (
	eventJoin     = "join"
	eventLeave    = "leave"
	eventDrain    = "drain"
	eventSpare    = "spare"
	eventActivate = "activate"
	eventWeight   = "weight"
	eventRemove   = "remove"
	eventReplicas = "replicas"
	eventReset    = "reset"
	eventScale    = "scale"    // what the scaling policy does, or would do
	eventBalance  = "balance"  // primaries are swapped for the requests' sake
	eventPressure = "pressure" // a worker's memory gets short
	eventFill     = "fill"     // copies fail at a worker again and again
)

// events are what happened lately. Safe for concurrent use.
type events struct {
	log   *zap.Logger
	clock func() time.Time

	mu struct {
		sync.Mutex
		last  []event // the oldest first, at most keepEvents
		count uint64  // the number of the latest
		more  chan struct{}
	}
}

type event struct {
	wire.Event
	at time.Time
}

func newEvents(log *zap.Logger, clock func() time.Time) *events {
	e := &events{log: log, clock: clock}
	e.mu.more = make(chan struct{})
	// A follower goes on with a master that was started anew: its numbers are higher,
	// unless the clock went back.
	e.mu.count = uint64(max(0, clock().UnixMilli()))
	return e
}

// note remembers what happened, to node ("" for none), and logs it.
func (e *events) note(kind, node, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	e.log.Info(text, zap.String("event", kind), zap.String("node", node))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.count++
	e.mu.last = append(e.mu.last, event{wire.Event{Number: e.mu.count, Kind: kind, Node: node, Text: text}, e.clock()})
	if len(e.mu.last) > keepEvents {
		e.mu.last = e.mu.last[1:]
	}
	close(e.mu.more)
	e.mu.more = make(chan struct{})
}

// after returns what happened after the event with that number, and a channel
// that is closed with the next one.
func (e *events) after(number uint64) ([]wire.Event, <-chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if number > e.mu.count {
		number = 0 // of a master before this one
	}
	all := []wire.Event{}
	for _, ev := range e.mu.last {
		if ev.Number > number {
			ev.AgoMS = max(0, e.clock().Sub(ev.at).Milliseconds())
			all = append(all, ev.Event)
		}
	}
	return all, e.mu.more
}

// maxEventsWait bounds the long poll for events.
const maxEventsWait = 10 * time.Second

// serveEvents tells what happened.
func (f *front) serveEvents(ctx context.Context, c *rpcserver.Call) {
	var req wire.EventsRequest
	if err := c.Body(&req); err != nil {
		c.Fail(err)
		return
	}
	wait := min(max(0, time.Duration(req.WaitMS)*time.Millisecond), maxEventsWait)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		all, more := f.events.after(req.After)
		if len(all) > 0 || wait == 0 {
			c.ReplyBody(&wire.EventsReply{Events: all})
			return
		}
		select {
		case <-more:
		case <-timer.C:
			wait = 0
		case <-f.stopping:
			c.Fail(shuttingDown())
			return
		case <-ctx.Done():
			c.Fail(ctx.Err())
			return
		}
	}
}
