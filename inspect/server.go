package inspect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/net/netutil"
)

// What a server takes, whoever asks.
const (
	maxConns   = 8
	headerTime = 5 * time.Second
	idleTime   = 30 * time.Second
	answerTime = 2 * time.Minute // also the longest profile
	maxHeader  = 8 << 10
)

// Server answers at one address. Safe for concurrent use.
type Server struct {
	log  *zap.Logger
	http *http.Server
	addr string
	l    net.Listener   // nil before Start
	wg   sync.WaitGroup // the serving goroutine and the requests under way

	mu struct {
		sync.Mutex
		closed bool // no request begins any more
	}
}

// New makes a server for addr, an IP address and a port, 0 for any free one.
func New(addr string, log *zap.Logger) *Server {
	s := &Server{addr: addr, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/metrics", s.metrics)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	s.http = &http.Server{
		Handler:           s.counted(mux),
		ReadHeaderTimeout: headerTime, ReadTimeout: headerTime,
		IdleTimeout: idleTime, WriteTimeout: answerTime, MaxHeaderBytes: maxHeader,
		ErrorLog: zap.NewStdLog(log),
	}
	return s
}

// Start listens and answers until Close.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("listen for --debug-addr: %w", err)
	}
	s.l = l
	s.wg.Go(func() {
		if err := s.http.Serve(netutil.LimitListener(l, maxConns)); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("debug server ends", zap.Error(err))
		}
	})
	return nil
}

// Addr returns where the server listens, after Start.
func (s *Server) Addr() string { return s.l.Addr().String() }

// Close ends the requests under way and waits for them. It may be called
// again, and without Start.
func (s *Server) Close() {
	s.mu.Lock()
	s.mu.closed = true
	s.mu.Unlock()
	_ = s.http.Close() // what it could complain of is closed anyway
	s.wg.Wait()
}

// counted makes Close wait for each request.
func (s *Server) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.begin() {
			defer s.wg.Done()
			h.ServeHTTP(w, r)
		}
	})
}

// begin counts a request; it returns false, and counts nothing, after Close.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.closed {
		return false
	}
	s.wg.Add(1)
	return true
}

// metrics answers with a reading of the runtime.
func (s *Server) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(Read()); err != nil {
		s.log.Debug("answer with metrics", zap.Error(err)) // who asked has gone
	}
}
