package eventloop

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// Orders to a loop.
const (
	orderStop uint32 = 1 << iota // accept nothing, and let the handlers come to an end
	orderKill                    // close all connections as they are
)

// loop serves its connections on one goroutine, run.
type loop struct {
	engine *threads
	id     int
	poll   poll
	load   atomic.Int32  // connections, those that it is about to get included
	orders atomic.Uint32 // never taken back
	done   uint32        // orders that were carried out

	turn     Turn
	shared   []byte // what is read
	conns    table
	again    []*sock            // to be looked at without an event
	spare    []*sock            // empty: room that is used again
	watched  map[*sock]struct{} // those that have until a certain time for something
	looked   time.Time          // when that was last checked
	listener listener

	// helped: others have sent answers since the last wait. They may be about to
	// send more.
	helped atomic.Bool
	asleep atomic.Bool // waits, or is about to, and has not looked into mail since
	mailed atomic.Bool // there is mail
	mail   struct {
		sync.Mutex
		visits []*sock   // to be looked at
		births []arrival // to be served
		closed bool      // the loop has ended
	}
}

func (e *threads) newLoop(id int) (*loop, error) {
	cfg := &e.server.cfg
	l := &loop{engine: e, id: id, watched: make(map[*sock]struct{}), listener: listener{fd: -1}}
	l.shared = make([]byte, cfg.MaxPending+cfg.ReadSize)
	if err := l.poll.open(); err != nil {
		return nil, err
	}
	if runtime.GOMAXPROCS(0) == 1 {
		l.poll.park()
	}
	e.loops = append(e.loops, l)
	return l, nil
}

// rouse makes the loop look at its mail and orders.
func (l *loop) rouse() {
	l.mailed.Store(true)
	if !l.asleep.Swap(false) {
		return
	}
	l.mail.Lock()
	defer l.mail.Unlock()
	if !l.mail.closed { // else the descriptor may be somebody else's by now
		l.poll.wake()
	}
}

// run is the loop.
func (l *loop) run() {
	for !l.over() {
		events := l.wait()
		begin, end := l.engine.server.cfg.Begin, l.engine.server.cfg.End
		if begin != nil {
			begin(l.id)
		}
		l.handle(events)
		if l.mailed.Swap(false) {
			l.readMail()
		}
		l.repeat()
		if end != nil {
			end(l.id)
		}
		l.checkTimes()
	}
}

// wait returns what has happened. It does not wait when there is something to do.
func (l *loop) wait() []unix.EpollEvent {
	timeout := 0
	if len(l.again) == 0 {
		if l.helped.Load() || l.poll.parking != nil {
			// The goroutines that the handlers have woken run now, on this thread,
			// rather than after somebody noticed that it sleeps in the kernel; and
			// the others of a single processor need not wait for the end of a slice.
			l.helped.Store(false)
			runtime.Gosched()
		}
		l.asleep.Store(true)
		if !l.mailed.Load() { // looked at after asleep was set: else nobody would wake the loop
			timeout = l.timeout()
		}
	}
	events, err := l.poll.wait(timeout)
	l.asleep.Store(false)
	if err != nil { // the descriptor is wrong: a programmer's mistake
		l.engine.server.cfg.Log.Panic("cannot wait for connections", zap.Error(err))
	}
	return events
}

// handle serves the connections on which something has happened.
func (l *loop) handle(events []unix.EpollEvent) {
	for i := range events {
		ev := &events[i]
		switch ev.Fd {
		case tokenWake:
		case tokenListener:
			l.accept()
		default:
			if s := l.conns.get(ev.Fd, ev.Pad); s != nil {
				s.event(ev.Events)
			}
		}
	}
}

// readMail does what others asked for.
func (l *loop) readMail() {
	l.mail.Lock()
	visits, births := l.mail.visits, l.mail.births
	l.mail.visits, l.mail.births = nil, nil
	l.mail.Unlock()
	for _, b := range births {
		l.adopt(b)
	}
	for _, s := range visits {
		s.mailed.Store(false)
		s.visit()
	}
	l.obey()
}

// repeat looks again at the connections that had more than their share.
func (l *loop) repeat() {
	list := l.again
	l.again = l.spare
	for _, s := range list {
		s.listed = false
		s.visit()
	}
	clear(list)
	l.spare = list[:0]
}

// obey carries out new orders.
func (l *loop) obey() {
	orders := l.orders.Load()
	fresh := orders &^ l.done
	l.done = orders
	if fresh&orderStop != 0 {
		l.listener.close()
	}
	if fresh == 0 {
		return
	}
	for _, s := range l.conns.list() {
		if fresh&orderKill != 0 {
			s.abort(ErrShutdown)
		}
		s.visit()
	}
}

// over reports whether the loop has come to its end.
func (l *loop) over() bool {
	if l.done&orderStop == 0 || l.conns.len() > 0 {
		return false
	}
	l.mail.Lock()
	defer l.mail.Unlock()
	if len(l.mail.births) > 0 {
		return false
	}
	l.mail.closed = true
	return true
}
