package master

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/membership"
	"pikv/placement"
	"pikv/rpcclient"
	"pikv/rpcserver"
	"pikv/socket"
	"pikv/testcluster/own"
	"pikv/wire"
)

// fakeWorker is a worker on real sockets and in real gossip, which reports as
// a worker does and serves keys from one map. Changes are asked for by hand.
type fakeWorker struct {
	t      *testing.T
	name   string
	inc    inc
	addr   string
	gossip *membership.Membership
	server *rpcserver.Server
	pool   *rpcclient.Pool
	cancel context.CancelFunc
	speak  func() // begins to report
	tasks  sync.WaitGroup
	once   sync.Once

	mu      sync.Mutex
	follows placement.MasterID
	view    *placement.View
	suggest []placement.Change
	keys    map[string][]byte
	options []wire.Options    // of every write, and every Get, in order
	sum     int64             // of every Incr, from 100
	get     rpcserver.Handler // replaces that of reads; nil for none
	pages   int               // that were asked for
	records map[written]any   // the first outcome of each write that had a name
}

const fakeReportEvery = 20 * time.Millisecond

// startWorker starts one that joins at the gossip address join.
func startWorker(t *testing.T, name, join string) *fakeWorker {
	t.Helper()
	return resumeWorker(t, name, join, 0, nil)
}

// resumeWorker starts one that follows id and holds v already.
func resumeWorker(t *testing.T, name, join string, id placement.MasterID, v *placement.View) *fakeWorker {
	t.Helper()
	w := muteWorker(t, name, join, id, v)
	w.speak()
	return w
}

// muteWorker starts one that gossip sees, and that reports only from speak on.
func muteWorker(t *testing.T, name, join string, id placement.MasterID, v *placement.View) *fakeWorker {
	t.Helper()
	w := &fakeWorker{t: t, name: name, inc: inc(drawID()), follows: id, view: v, keys: make(map[string][]byte), sum: 100, records: make(map[written]any)}
	ln, err := socket.Listen("127.0.0.1", 0, socket.RPCPort)
	require.NoError(t, err)
	w.addr = ln.Addr().String()
	w.server = rpcserver.New(rpcserver.Config{})
	w.serve()
	w.server.Start(ln)
	w.pool = rpcclient.NewPool(rpcclient.Config{})
	w.gossip, err = membership.New(membership.Config{
		Name: name, Role: membership.RoleWorker, Incarnation: uint64(w.inc), Cluster: own.Cluster(t), BindAddr: "127.0.0.1",
		RPCAddr: w.addr, RESPAddr: fakeRESP(name), Capacity: 1 << 20, Profile: membership.ProfileLocal, Join: []string{join},
	})
	require.NoError(t, err)
	require.NoError(t, w.gossip.Start(t.Context()))
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	w.speak = func() { w.tasks.Go(func() { w.run(ctx) }) }
	t.Cleanup(w.stop)
	return w
}

// fakeRESP is the address for Redis clients of a fake worker, where nobody listens;
// one whose name begins with "rpc" has none.
func fakeRESP(name string) string {
	if strings.HasPrefix(name, "rpc") {
		return ""
	}
	return name + ":7379"
}

// stop ends the worker as a crash would.
func (w *fakeWorker) stop() {
	w.once.Do(func() {
		w.cancel()
		w.tasks.Wait()
		_ = w.gossip.Close()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = w.server.Close(ctx)
		_ = w.pool.Close()
	})
}

// masterAddr returns the address of the master that gossip knows, "" for none.
func (w *fakeWorker) masterAddr() string {
	for _, m := range w.gossip.Members() {
		if m.Role == membership.RoleMaster {
			return m.RPCAddr
		}
	}
	return ""
}

// call calls the master.
func (w *fakeWorker) call(ctx context.Context, method string, in, out any) error {
	addr := w.masterAddr()
	if addr == "" {
		return errors.New("no master")
	}
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	conn, err := w.pool.Get(ctx, addr)
	if err != nil {
		return err
	}
	return conn.CallBody(ctx, method, in, out)
}

// run reports until ctx ends; failures pass.
func (w *fakeWorker) run(ctx context.Context) {
	tick := time.NewTicker(fakeReportEvery)
	defer tick.Stop()
	for {
		_ = w.report(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// report reports and obeys.
func (w *fakeWorker) report(ctx context.Context) error {
	w.mu.Lock()
	req := wire.ReportRequest{Name: w.name, Incarnation: uint64(w.inc), MasterID: uint64(w.follows)}
	if w.view != nil {
		req.Epoch = uint64(w.view.Epoch)
		if w.view.MasterID != w.follows {
			req.View = placement.EncodeView(w.view)
		}
	}
	w.mu.Unlock()
	var reply wire.ReportReply
	if err := w.call(ctx, wire.MethodReport, &req, &reply); err != nil {
		return err
	}
	id := placement.MasterID(reply.MasterID)
	w.mu.Lock()
	if reply.Forswear || w.follows == 0 {
		w.follows = id
	}
	adopt := w.follows == id && reply.Epoch > 0 && (w.view == nil || w.view.MasterID != id || w.view.Epoch < placement.Epoch(reply.Epoch))
	w.suggest = nil
	if len(reply.Suggest) > 0 {
		changes, err := placement.DecodeChanges(reply.Suggest)
		if err != nil {
			w.t.Error(err)
		}
		w.suggest = changes
	}
	w.mu.Unlock()
	if !adopt {
		return nil
	}
	return w.fetch(ctx, placement.Epoch(reply.Epoch), 0)
}

// fetch asks for a newer view and takes it when it has at least epoch least.
func (w *fakeWorker) fetch(ctx context.Context, least placement.Epoch, wait time.Duration) error {
	w.mu.Lock()
	base := w.view
	w.mu.Unlock()
	req := wire.ViewRequest{WaitMS: wait.Milliseconds()}
	if base != nil {
		req.MasterID, req.Since = uint64(base.MasterID), uint64(base.Epoch)
	}
	var reply wire.ViewReply
	if err := w.call(ctx, wire.MethodView, &req, &reply); err != nil || len(reply.Delta) == 0 {
		return err
	}
	delta, err := placement.DecodeDelta(reply.Delta)
	if err != nil {
		return err
	}
	if delta.From == 0 {
		base = nil
	}
	next, err := base.Apply(delta)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if next.MasterID == w.follows && next.Epoch >= least {
		w.view = next
	}
	return nil
}

// held returns what the worker holds and whom it follows.
func (w *fakeWorker) held() (*placement.View, placement.MasterID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.view, w.follows
}

// suggested returns what the last report's answer suggested.
func (w *fakeWorker) suggested() []placement.Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.suggest
}

// change asks for changes and returns the reply.
func (w *fakeWorker) change(changes ...placement.Change) (wire.ChangeReply, error) {
	_, id := w.held()
	var reply wire.ChangeReply
	err := w.call(context.Background(), wire.MethodChange, &wire.ChangeRequest{MasterID: uint64(id), Changes: placement.EncodeChanges(changes)}, &reply)
	return reply, err
}

// eventually polls until check returns true.
func eventually(t *testing.T, check func() bool, format string, args ...any) {
	t.Helper()
	require.Eventually(t, check, soon, 5*time.Millisecond, append([]any{format}, args...)...)
}
