package master

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"pikv/client"
	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/rpcserver"
	"pikv/wire"
)

// front is the master's front door: one small handler per method. The handlers
// hold no state; what they share is safe for concurrent use.
type front struct {
	cfg       Config
	log       *zap.Logger
	addr      string // RPC, advertised
	authority *authority
	register  keeper
	reports   *reports
	planner   *planner
	loop      *reconciler
	members   func() []membership.Member
	clock     func() time.Time
	limits    wire.Limits
	deltas    deltas
	strangers *strangers
	events    *events
	viewWaits atomic.Int64
	// stopping is closed when the server begins to close: long polls end.
	stopping <-chan struct{}
	// proxy is this process's own client; nil until it is connected.
	proxy atomic.Pointer[client.Client]
}

// newFront builds the front door of a master whose loop is given.
func newFront(cfg Config, addr string, loop *reconciler, stopping <-chan struct{}) *front {
	limits := wire.DefaultLimits()
	limits.Key = cmp.Or(cfg.Server.Limits.Key, limits.Key)
	limits.Value = cmp.Or(cfg.Server.Limits.Value, limits.Value)
	return &front{
		cfg: cfg, log: loop.log, addr: addr, loop: loop, stopping: stopping, limits: limits,
		authority: loop.authority, register: loop.register, reports: loop.reports, planner: loop.planner,
		members: loop.members, clock: loop.clock, strangers: newStrangers(), events: loop.events,
	}
}

// attach registers the handlers. All but one may block on the register, on
// another node or on a long poll, so each call has a goroutine.
func (f *front) attach(s *rpcserver.Server) {
	for method, h := range map[string]rpcserver.Handler{
		wire.MethodView:     f.serveView, // of which maxViewWaits wait
		wire.MethodReport:   f.serveReport,
		wire.MethodChange:   f.serveChange,
		wire.MethodDrain:    f.serveDrain,
		wire.MethodSpare:    f.serveSpare,
		wire.MethodActivate: f.serveActivate,
		wire.MethodWeight:   f.serveWeight,
		wire.MethodRemove:   f.serveRemove,
		wire.MethodOwner:    f.serveOwner,
		wire.MethodStatus:   f.serveStatus,
		wire.MethodMembers:  f.serveMembers,
		wire.MethodReplicas: f.serveReplicas,
		wire.MethodReset:    f.serveReset,
	} {
		s.HandleSlow(method, h)
	}
	for method, h := range map[string]rpcserver.Handler{ // whatever comes of these, workers must be heard
		wire.MethodEvents: f.serveEvents,
		wire.MethodPut:    f.proxyPut,
		wire.MethodDel:    f.proxyDel,
		wire.MethodMGet:   f.proxyMGet,
		wire.MethodMPut:   f.proxyMPut,
		wire.MethodMDel:   f.proxyMDel,
		wire.MethodIncr:   f.proxyIncr,
		wire.MethodGetSet: f.proxyGetSet,
		wire.MethodKeys:   f.proxyKeys,
	} {
		s.HandleMany(method, h)
	}
	s.Handle(wire.MethodGet, f.relayGet)
}

// view returns the view in force, nil when there is none, and a channel that
// is closed when that may have changed. The State is read before the reign: a
// recovery begins a reign first and publishes then, so that the other order
// could take a new State for one of an old reign, and wait for the next.
func (f *front) view() (*placement.View, *register.State, *reign, <-chan struct{}) {
	s, superseded := f.register.State()
	rg := f.authority.reign()
	return rg.InForce(s), s, rg, superseded
}

// awaitBirth is for how long a call that needs a view waits for one.
const awaitBirth = 5 * time.Second

// awaitView returns the view in force. Without one the answer is no_workers at
// once when there is nobody to hold anything, and otherwise timeout after a
// while.
func (f *front) awaitView(ctx context.Context) (*placement.View, error) {
	timer := time.NewTimer(awaitBirth)
	defer timer.Stop()
	for {
		v, _, rg, superseded := f.view()
		if v != nil {
			return v, nil
		}
		if len(workersOf(f.members())) == 0 {
			return nil, wire.Errorf(wire.CodeNoWorkers, "no workers yet")
		}
		select {
		case <-superseded:
		case <-timer.C:
			if rg.Recovering() {
				return nil, wire.Errorf(wire.CodeTimeout, "the master is asking the workers for their views: %s", rg.Why)
			}
			if register.Actives(liveOf(f.members())) == 0 {
				return nil, wire.Errorf(wire.CodeTimeout, "all workers are spares: start one without --spare to begin the cluster")
			}
			return nil, wire.Errorf(wire.CodeTimeout, "the cluster is waiting for its workers to settle")
		case <-f.stopping:
			return nil, shuttingDown()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// shuttingDown answers calls that the end of the master cuts short.
func shuttingDown() *wire.Error {
	return wire.Errorf(wire.CodeShuttingDown, "the master is shutting down")
}

// registerError is what an asker is told when the register as a whole refuses.
func registerError(err error) error {
	var already *wire.Error
	switch {
	case errors.As(err, &already):
		return already
	case errors.Is(err, errClosed):
		return shuttingDown()
	case errors.Is(err, register.ErrNoView):
		return wire.Errorf(wire.CodeStale, "%v", err)
	default:
		return wire.Errorf(wire.CodeInternal, "the master's register: %v", err)
	}
}
