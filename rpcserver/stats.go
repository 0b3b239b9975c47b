package rpcserver

import "sync/atomic"

// Stats is what a server has seen since it was made.
type Stats struct {
	Conns         int64 // connections open now, those of peers included
	Peers         int64 // connections of peers open now
	InFlight      int64 // calls now in flight
	Accepted      int64 // connections taken
	Refused       int64 // connections over MaxConns
	Calls         int64 // requests handed to handlers
	Unknown       int64 // requests and notifications for methods that nobody handles
	Notifications int64 // notifications handed to handlers
	BadFrames     int64 // frames for which a connection was closed
	Busy          int64 // requests answered with CodeBusy for want of budget or goroutines
	Panics        int64 // handlers that panicked
	TooSlow       int64 // connections closed because the peer took too little of its replies
}

// counters are the moving parts of Stats. Calls and InFlight are kept by
// connection (see conn), because a counter that all connections share would be
// the one word that every call on every CPU writes.
type counters struct {
	accepted, refused, calls, unknown, notifications, badFrames, busy, panics, tooSlow atomic.Int64
}

// Stats returns the numbers as they are now. Safe for concurrent use.
func (s *Server) Stats() Stats {
	st := Stats{
		Accepted:      s.count.accepted.Load(),
		Refused:       s.count.refused.Load(),
		Unknown:       s.count.unknown.Load(),
		Notifications: s.count.notifications.Load(),
		BadFrames:     s.count.badFrames.Load(),
		Busy:          s.count.busy.Load(),
		Panics:        s.count.panics.Load(),
		TooSlow:       s.count.tooSlow.Load(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Calls = s.count.calls.Load() // of closed connections
	st.Conns, st.Peers = int64(len(s.mu.conns)), int64(s.mu.peers)
	for c := range s.mu.conns {
		st.InFlight += c.inFlight.Load()
		st.Calls += c.calls.Load()
	}
	return st
}
