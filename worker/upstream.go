package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"

	"pikv/membership"
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/wire"
)

// errNoMaster is returned while gossip shows no master.
var errNoMaster = wire.Errorf(wire.CodeUnavailable, "no master is known: is it running, and do --join and --cluster lead to it?")

// masterAddr returns the master's RPC address: the one in gossip, or the
// last one known while gossip shows none.
func (w *Worker) masterAddr() string {
	for _, m := range w.gossip.Members() {
		if m.Role == membership.RoleMaster {
			w.lastMaster.Store(m.RPCAddr)
			return m.RPCAddr
		}
	}
	addr, _ := w.lastMaster.Load().(string)
	return addr
}

// callMaster calls a method of the master.
func (w *Worker) callMaster(ctx context.Context, timeout time.Duration, method string, in, out any) error {
	addr := w.masterAddr()
	if addr == "" {
		return errNoMaster
	}
	return w.callAt(ctx, addr, timeout, method, in, out)
}

// callAt calls a method of another node.
func (w *Worker) callAt(ctx context.Context, addr string, timeout time.Duration, method string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := w.pool.Get(ctx, addr)
	if err != nil {
		return err
	}
	return conn.CallBody(ctx, method, in, out)
}

// relay passes a call on to the master, whose parameters and result it does
// not look into.
func (w *Worker) relay(ctx context.Context, method string, params []byte) ([]byte, error) {
	addr := w.masterAddr()
	if addr == "" {
		return nil, errNoMaster
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	conn, err := w.pool.Get(ctx, addr)
	if err != nil {
		return nil, wire.Errorf(wire.CodeUnavailable, "the master at %s does not answer: %v", addr, err)
	}
	var result []byte
	err = conn.Call(ctx, method,
		func(buf []byte) []byte { return append(buf, params...) },
		func(d *wire.Decoder) error {
			result = d.Raw()
			return d.Err()
		})
	var remote *wire.Error
	if err != nil && !errors.As(err, &remote) {
		return nil, wire.Errorf(wire.CodeUnavailable, "the master at %s does not answer: %v", addr, err)
	}
	return result, err
}

// clientConfig is for connections to other nodes.
func (w *Worker) clientConfig() rpcclient.Config {
	return rpcclient.Config{Limits: w.cfg.Server.Limits, Log: w.log}
}

// changes takes requests to the register. A request that gets lost is asked
// again by its core.
type changes struct {
	w    *Worker
	wake chan struct{} // size 1
	mu   struct {
		sync.Mutex
		waiting []placement.Change
	}
}

func newChanges(w *Worker) *changes { return &changes{w: w, wake: make(chan struct{}, 1)} }

// add queues requests. Safe under a partition's lock.
func (c *changes) add(requests []placement.Change) {
	c.mu.Lock()
	c.mu.waiting = append(c.mu.waiting, requests...)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run asks the register for all that has gathered, one call at a time: what
// comes up meanwhile shares the next call, and the register's next epoch.
func (c *changes) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		}
		c.mu.Lock()
		batch := c.mu.waiting
		c.mu.waiting = nil
		c.mu.Unlock()
		if len(batch) > 0 {
			c.ask(ctx, batch)
		}
	}
}

func (c *changes) ask(ctx context.Context, batch []placement.Change) {
	followed, _ := c.w.follower.following()
	var reply wire.ChangeReply
	req := &wire.ChangeRequest{MasterID: uint64(followed), Changes: placement.EncodeChanges(batch)}
	err := c.w.callMaster(ctx, callTimeout, wire.MethodChange, req, &reply)
	if err != nil {
		err = c.viaPeer(ctx, req, &reply, err)
	}
	if err != nil {
		c.w.log.Debug("ask the register", zap.Int("changes", len(batch)), zap.Error(err))
		return
	}
	for i, text := range reply.Texts {
		if text != "" && i < len(batch) {
			c.w.log.Debug("change refused", zap.Any("change", batch[i]), zap.String("why", text))
		}
	}
}

// viaPeer asks through another worker when the master cannot be reached from
// here: a cut between two nodes must not stop a repair.
func (c *changes) viaPeer(ctx context.Context, req *wire.ChangeRequest, reply *wire.ChangeReply, err error) error {
	var remote *wire.Error
	if errors.As(err, &remote) {
		return err
	}
	for _, node := range c.w.view().Nodes {
		if node.Incarnation == c.w.incarnation {
			continue
		}
		if again := c.w.callAt(ctx, node.Addr, callTimeout, wire.MethodChange, req, reply); again == nil {
			return nil
		}
	}
	return err
}
