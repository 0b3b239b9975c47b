package master

import "context"

// Master is one running master.
type Master struct {
	cfg    Config
	failed chan error
}

// New checks cfg and builds a master that does nothing yet.
func New(cfg Config) (*Master, error) { return &Master{cfg: cfg, failed: make(chan error, 1)}, nil }

// Start opens the file and the ports, joins the gossip and serves.
func (m *Master) Start(ctx context.Context) error { return nil }

// Name returns the node's name.
func (m *Master) Name() string { return m.cfg.Name }

// Addr returns the advertised RPC address.
func (m *Master) Addr() string { return "" }

// GossipAddr returns the advertised gossip address.
func (m *Master) GossipAddr() string { return "" }

// Failed delivers at most one error, after which the master changes nothing
// any more and should be closed: its disk failed.
func (m *Master) Failed() <-chan error { return m.failed }

// Close stops the master and waits. Safe to call twice.
func (m *Master) Close(ctx context.Context) error { return nil }

// Abort stops as kill -9 would: nobody is told.
func (m *Master) Abort() {}
