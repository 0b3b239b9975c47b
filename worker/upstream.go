package worker

import (
	"context"
	"errors"
	"slices"
	"time"

	"pikv/membership"
	"pikv/rpcclient"
	"pikv/wire"
)

// errNoMaster is returned while gossip shows no master.
var errNoMaster = wire.Errorf(wire.CodeUnavailable, "no master is known: is it running, and do --join and --cluster lead to it?")

// masterAddr returns the RPC address of the master to ask: the one whose views are
// followed here, unless gossip shows others only. Then it may have moved, or the others
// are of another cluster of this name, whose gossip has met this one's.
func (w *Worker) masterAddr() string {
	var shown []string
	for _, m := range w.gossiped() {
		if m.Role == membership.RoleMaster {
			shown = append(shown, m.RPCAddr)
		}
	}
	known, _ := w.lastMaster.Load().(string)
	if len(shown) > 0 && !slices.Contains(shown, known) {
		return shown[int(w.masterTurn.Load()%uint32(len(shown)))]
	}
	if known == w.addr {
		return "" // this node lives where a master once did: a relayed call would go round for ever
	}
	return known
}

// ownMaster returns the RPC address of the master for those who would believe it: that
// of the one whose views are followed here, though it may be dead; "" while it is not
// known where that is.
func (w *Worker) ownMaster() string {
	known, _ := w.lastMaster.Load().(string)
	if followed, _ := w.follower.following(); followed == 0 || known == w.addr {
		return w.masterAddr()
	}
	return known
}

// gossiped returns the nodes that gossip shows.
func (w *Worker) gossiped() []membership.Member {
	if w.gossip == nil {
		return nil
	}
	return w.gossip.Members()
}

// callMaster calls a method of the master.
func (w *Worker) callMaster(ctx context.Context, timeout time.Duration, method string, in, out any) error {
	addr := w.masterAddr()
	if addr == "" {
		return errNoMaster
	}
	return w.callAt(ctx, addr, timeout, method, in, out)
}

// callOwnMaster calls a method that must not reach the master of another cluster.
func (w *Worker) callOwnMaster(ctx context.Context, timeout time.Duration, method string, in, out any) error {
	addr := w.ownMaster()
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
	addr := w.ownMaster()
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
