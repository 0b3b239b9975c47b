package master

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"pikv/membership"
	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// bench is a master without sockets, gossip or real time: the register, the
// loop and the handlers, driven step by step.
type bench struct {
	t       *testing.T
	memory  *memory
	reg     *fileKeeper
	loop    *reconciler
	front   *front
	members []membership.Member
	now     time.Time
	logs    *observer.ObservedLogs
	workers map[inc]*paperWorker
}

// paperWorker is a worker as the master sees it.
type paperWorker struct {
	b       *bench
	n       inc
	name    string
	follows placement.MasterID
	view    *placement.View
	slow    bool // it reports, but fetches no view
	mute    bool // it does not report
	used    int64
	load    wire.Load
}

const benchSettle = time.Second

// newBench starts a master that has loaded s.
func newBench(t *testing.T, s *register.State, edit ...func(*Config)) *bench {
	core, logs := observer.New(zapcore.InfoLevel)
	cfg := Config{Name: "m", Cluster: "test", DataDir: "unused", Partitions: 8, Replicas: 1, Settle: benchSettle, Log: zap.New(core)}
	for _, f := range edit {
		f(&cfg)
	}
	cfg = cfg.withDefaults()
	b := &bench{t: t, memory: newMemory(), now: epochZero, logs: logs, workers: make(map[inc]*paperWorker)}
	b.reg = startRegister(t, s, b.memory.save)
	clock := func() time.Time { return b.now }
	b.loop = &reconciler{
		cfg: cfg, log: cfg.Log, clock: clock,
		authority: newAuthority(s, b.now), register: b.reg,
		reports: newReports(), planner: newPlanner(cfg.MaxMovesPerNode),
		members: func() []membership.Member { return slices.Clone(b.members) },
		prod:    make(chan struct{}, 1), quiet: newQuiet(b.now), synced: newSyncWatch(b.now), nag: newNag(), rivals: make(map[uint64]bool),
	}
	b.loop.equip()
	b.front = newFront(cfg, "10.0.0.99:7700", b.loop, make(chan struct{}))
	return b
}

// join brings a worker into gossip.
func (b *bench) join(n inc) *paperWorker {
	w := &paperWorker{b: b, n: n, name: node(n).Name}
	b.workers[n] = w
	b.members = append(b.members, worker(n))
	return w
}

// holding brings in a worker that follows id and holds its view.
func (b *bench) holding(n inc, id placement.MasterID, v *placement.View) *paperWorker {
	w := b.join(n)
	w.follows, w.view = id, v
	return w
}

// leave takes a worker out of gossip; it reports no more.
func (b *bench) leave(n inc) {
	delete(b.workers, n)
	b.members = slices.DeleteFunc(b.members, func(m membership.Member) bool { return m.Incarnation == uint64(n) })
}

// run lets time pass: every 100 ms each worker reports and looks for a view,
// and the loop takes a step.
func (b *bench) run(d time.Duration) {
	b.t.Helper()
	for end := b.now.Add(d); b.now.Before(end); {
		b.now = b.now.Add(100 * time.Millisecond)
		for n := inc(1); n < 100; n++ {
			if w := b.workers[n]; w != nil && !w.mute {
				_, _ = w.report() // a stranger is refused
			}
		}
		b.loop.step(context.Background())
	}
}

// suggested returns what worker n is to ask for.
func (b *bench) suggested(n inc) []placement.Change {
	b.t.Helper()
	encoded := b.loop.planner.suggest(n)
	if encoded == nil {
		return nil
	}
	changes, err := placement.DecodeChanges(encoded)
	require.NoError(b.t, err)
	return changes
}

// inForce returns the view that the master shows, nil for none.
func (b *bench) inForce() *placement.View {
	v, _, _, _ := b.front.view()
	return v
}

func (b *bench) state() *register.State {
	s, _ := b.reg.State()
	return s
}

func (b *bench) id() placement.MasterID { return b.loop.authority.reign().ID }

// change asks as a worker would and returns the texts.
func (b *bench) change(changes ...placement.Change) ([]string, error) {
	reply, err := b.front.change(context.Background(), b.id(), changes)
	return reply.Texts, err
}

// report reports and obeys, as the worker's rules say.
func (w *paperWorker) report() (wire.ReportReply, error) {
	req := wire.ReportRequest{Name: w.name, Incarnation: uint64(w.n), MasterID: uint64(w.follows), Used: w.used, Load: w.load}
	if w.view != nil {
		req.Epoch = uint64(w.view.Epoch)
		if w.view.MasterID != w.follows {
			req.View = placement.EncodeView(w.view)
		}
	}
	rep, err := w.b.front.readReport(req)
	require.NoError(w.b.t, err)
	reply, err := w.b.front.answerReport(rep)
	if err != nil {
		return reply, err
	}
	id := placement.MasterID(reply.MasterID)
	if reply.Forswear || w.follows == 0 {
		w.follows = id
		return reply, nil
	}
	if w.follows == id && reply.Epoch > 0 && !w.slow {
		if v := w.b.inForce(); v != nil && v.MasterID == id && v.Epoch >= placement.Epoch(reply.Epoch) {
			w.view = v
		}
	}
	return reply, nil
}
