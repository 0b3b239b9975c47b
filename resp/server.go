package resp

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/eventloop"
)

// Flusher sends what waits in it, without blocking: an alias, for that of package
// rpcconn to be the same type.
type Flusher = interface{ Flush() }

// Bursts are *rpcconn.Bursts.
type Bursts interface {
	Begin()
	End()
	// Defer leaves it to a burst that is open to flush f at its end; false: there
	// is none.
	Defer(f Flusher) bool
}

// noBursts stands for none.
type noBursts struct{}

func (noBursts) Begin()             {}
func (noBursts) End()               {}
func (noBursts) Defer(Flusher) bool { return false }

// maxArgs bounds the arguments of a command.
const maxArgs = 1 << 17

// Server serves the connections of one port. Safe for concurrent use.
type Server struct {
	cfg     Config
	table   *table
	member  bounds // of who is known
	strange bounds // of who is not
	events  *eventloop.Server
	loops   []*loop
	calls   sync.Pool
	conns   registry
	flusher flusher
	errands errands
	started time.Time
	port    atomic.Int64
	rates   rates
	id      string // of this run

	panics, sent atomic.Int64
	failures     failures
	commands     []commandStats // by Command.place
	hits, misses atomic.Int64   // of calls that were held or had a buffer of their own
	peak         atomic.Int64   // the most memory that INFO has seen in use
	waitMost     time.Duration  // see allowance
	warned       atomic.Int64   // when the log told of HTTP, 0: never
}

// New makes a server that does not serve yet.
func New(cfg Config) (*Server, error) {
	if cfg.Bursts == nil {
		cfg.Bursts = noBursts{}
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = eventloop.DefaultConfig().MaxConns
	}
	if cfg.Log == nil {
		cfg.Log = zap.NewNop()
	}
	s := &Server{cfg: cfg, table: newTable(), started: time.Now(), id: runID(), waitMost: waitMost}
	s.commands = make([]commandStats, len(s.table.all))
	s.member = bounds{args: maxArgs, bulk: max(cfg.Limits.Value, cfg.Limits.Key), command: cfg.Limits.Frame}
	s.strange = s.member
	s.strange.stranger = true
	s.calls.New = func() any { return new(Call) }
	s.conns.init()
	s.flusher.init()
	s.errands.init()
	events := eventloop.Config{
		Loops: eventloop.DefaultConfig().Loops, MaxConns: cfg.MaxConns, MaxPending: 2 * lineMost, WriteTimeout: cfg.WriteTimeout,
		InputTimeout: cfg.InputTimeout, Log: cfg.Log,
		Accept: s.accept, Refuse: func(netip.AddrPort) []byte { return []byte("-ERR max number of clients reached\r\n") },
		Begin: s.begin, End: s.end, Reserve: s.reserve, Release: s.release,
	}
	for range events.Loops {
		s.loops = append(s.loops, &loop{server: s, calls: callCounts{n: make([]int32, len(s.table.all))}})
	}
	var err error
	if s.events, err = eventloop.New(events); err != nil {
		return nil, fmt.Errorf("make the Redis port: %w", err)
	}
	return s, nil
}

// runID is a random name of 40 hexadecimal digits.
func runID() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// Start serves the connections of ln, which is the server's from now on.
func (s *Server) Start(ln net.Listener) error {
	if addr, ok := ln.Addr().(*net.TCPAddr); ok {
		s.port.Store(int64(addr.Port))
	}
	s.flusher.start()
	return s.events.Start(ln)
}

// Close stops taking commands, waits until those under way are answered, and closes
// the connections. When ctx ends first it closes them as they are. It may be
// called again.
func (s *Server) Close(ctx context.Context) error {
	s.errands.cancel() // they give up, and are answered
	err := s.events.Close(ctx)
	s.errands.close()
	s.flusher.close()
	return err
}

// recycle takes a call that is over.
func (s *Server) recycle(call *Call) {
	s.release(call.reserved)
	if n := call.seen.hits; n > 0 {
		s.hits.Add(int64(n))
	}
	if n := call.seen.misses; n > 0 {
		s.misses.Add(int64(n))
	}
	if call.seen.failure != "" {
		s.erred(call)
	}
	buf, tag := call.buf, call.Tag
	if cap(buf) > keepBuffer {
		buf = nil
	}
	*call = Call{Tag: tag}
	call.buf = buf[:0]
	s.calls.Put(call)
}

// keepBuffer is the largest buffer that a call keeps when it is over, in bytes.
const keepBuffer = 1 << 10

// reserve takes bytes of the budget, if there are so many.
func (s *Server) reserve(n int) bool { return s.cfg.Budget.Acquire(int64(n)) }

func (s *Server) release(n int) {
	if n > 0 {
		s.cfg.Budget.Release(int64(n))
	}
}
