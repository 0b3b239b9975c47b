package testcluster_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/bench/checked"
	"pikv/client"
	"pikv/testcluster"
	"pikv/wire"
)

// The load of these tests, in requests a second: over two workers the steady one
// is below the high mark, and twice that is above it.
const (
	steadyRate = 400
	doubleRate = 2 * steadyRate
	lowRate    = 100
)

// userWaits is the client's own timeout, which users have unless they ask for another.
const userWaits = 10 * time.Second

// breathing is a policy of short windows. It looks at requests and memory: how busy
// the machine is that the test runs on has no say.
func breathing() autoscale.Policy {
	return autoscale.Policy{
		Mode: autoscale.On, Requests: autoscale.Marks{Low: 240, High: 300}, Memory: autoscale.Marks{Low: 0.30, High: 0.40},
		Window: 3 * time.Second, CoolDown: 4 * time.Second, MinWorkers: 1,
	}
}

// breath is a cluster that scales itself: two workers unless told otherwise and spares, w3 and on, behind
// cables like a Pi's, with a load of which every answer is checked.
type breath struct {
	*testcluster.Cluster
	t      *testing.T
	policy autoscale.Policy
	cl     *client.Client // with the timeout that a user gets, who would see a request fail after it
	load   *checked.Load
	stop   func() // the load
}

func breathe(t *testing.T, spares int, o testcluster.Options) *breath {
	t.Helper()
	o.Workers, o.Replicas = cmp.Or(o.Workers, 2), 2
	b := &breath{Cluster: testcluster.Start(t, o), t: t, policy: o.Scaling}
	for range spares {
		b.AddWorker(testcluster.AsSpare())
	}
	if o.Mode == testcluster.Namespaces {
		for _, n := range b.Nodes() {
			b.Limit(n.Name, "100mbit")
		}
	}
	b.cl = b.Client()
	b.load = checked.New(b.cl, checked.Options{Keys: 2000, ValueSize: 200, Writers: 32, Rate: steadyRate, ReadShare: 0.5, Seed: 1})
	require.NoError(t, b.load.Fill(t.Context()))
	b.load.Phase("all")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.load.Run(ctx)
	}()
	b.stop = func() { cancel(); <-done }
	t.Cleanup(b.stop)
	return b
}

// finish ends the load: no request has failed, none has taken as long as a user waits
// for one, also counted from when its time had come, and every key has what was acknowledged last.
func (b *breath) finish() {
	b.t.Helper()
	b.stop()
	require.NoError(b.t, b.load.Verify(b.t.Context()))
	failed, wrong, texts := b.load.Problems()
	require.Zero(b.t, failed+wrong, texts)
	all := b.load.Phase("")
	require.Positive(b.t, all.Latency.TotalCount())
	b.t.Logf("%d requests, the slowest took %v", all.Latency.TotalCount(), all.At(100))
	require.Less(b.t, all.At(100), userWaits)
}

// active waits until so many workers are active, all is in sync where it belongs, each of them serves
// about its share of the requests, and the others hold nothing.
func (b *breath) active(want int) {
	b.t.Helper()
	b.Eventually(fmt.Sprintf("wait for %d workers that serve", want), func(ctx context.Context) error {
		status, err := b.cl.Status(ctx)
		if err != nil {
			return err
		}
		if status.Synced != status.Partitions {
			return fmt.Errorf("%d of %d partitions are synced", status.Synced, status.Partitions)
		}
		var serving []wire.MemberStatus
		sum := 0.0
		for _, m := range status.Members {
			switch {
			case m.State == "active" && m.Role == "worker":
				serving = append(serving, m)
				sum += m.Load.Requests()
			case m.State == "draining":
				return fmt.Errorf("%s holds %d partitions still", m.Name, m.Replicas)
			}
		}
		if len(serving) != want {
			return fmt.Errorf("%d workers are active: %s", len(serving), status.Scaling.Reason)
		}
		for _, m := range serving {
			if mean := sum / float64(want); m.Load.Requests() < mean/2 {
				return fmt.Errorf("%s has %.0f requests a second, and the mean is %.0f", m.Name, m.Load.Requests(), mean)
			}
		}
		return nil
	})
}

// content waits until the policy has measured, and leaves everything as it is because of what it sees.
func (b *breath) content() {
	b.t.Helper()
	b.Eventually("wait until nothing is to be done", func(ctx context.Context) error {
		status, err := b.cl.Status(ctx)
		if err != nil {
			return err
		}
		if s := status.Scaling; s.Step != "nothing" || !strings.Contains(s.Reason, "requests ") {
			return fmt.Errorf("%s %s: %s", s.Step, s.Node, s.Reason)
		}
		return nil
	})
}

// steps returns what the policy has done: one thing in a cool-down, but for a spare that is activated
// because somebody has died.
func (b *breath) steps() []wire.Event {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), b.Patience())
	defer cancel()
	all, err := b.cl.Events(ctx, 0, 0)
	require.NoError(b.t, err)
	var steps []wire.Event
	for _, e := range all {
		if e.Kind != "scale" || !strings.Contains(e.Text, " is activated: ") && !strings.Contains(e.Text, " becomes a spare: ") {
			continue // it also says what it would do if it could
		}
		if len(steps) > 0 && !strings.Contains(e.Text, "active, fewer than") {
			apart := time.Duration(steps[len(steps)-1].AgoMS-e.AgoMS+1) * time.Millisecond
			require.GreaterOrEqual(b.t, apart, b.policy.CoolDown, "%+v", all)
		}
		steps = append(steps, e)
	}
	return steps
}

// texts returns what steps returns, in words.
func (b *breath) texts() (texts []string) {
	b.t.Helper()
	for _, e := range b.steps() {
		texts = append(texts, e.Text)
	}
	return texts
}

// bulk stores large values, 24 MiB of them, and returns their keys. They all wait in one
// call behind slow cables: its timeout is another one.
func (b *breath) bulk() (keys []string) {
	b.t.Helper()
	patient := b.Client(client.WithTimeout(b.Patience()))
	var pairs []client.Pair
	for i := range 96 {
		keys = append(keys, fmt.Sprintf("bulk-%d", i))
		pairs = append(pairs, client.Pair{Key: keys[i], Value: bulky(i)})
	}
	results, err := patient.MPut(b.t.Context(), pairs)
	require.NoError(b.t, err)
	for _, r := range results {
		require.NoError(b.t, r.Err)
	}
	return keys
}

// bulky is the i-th large value.
func bulky(i int) []byte {
	v := make([]byte, 256<<10)
	for j := range v {
		v[j] = byte(i + j)
	}
	return v
}

// hasBulk reads all large values.
func (b *breath) hasBulk(keys []string) {
	b.t.Helper()
	for i, k := range keys {
		got, err := b.cl.Get(b.t.Context(), k)
		require.NoError(b.t, err)
		require.Equal(b.t, bulky(i), got)
	}
}

// leaves waits until the policy makes a worker a spare that has much to give away, and
// returns its name.
func (b *breath) leaves() (name string) {
	b.t.Helper()
	b.Eventually("wait for a worker to leave", func(ctx context.Context) error {
		members, err := b.cl.Members(ctx)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.State == "draining" && m.Replicas > 0 {
				name = m.Name
				return nil
			}
		}
		return errors.New("nobody does")
	})
	return name
}

// sharesMostWith returns the worker that shares most partitions with the one that leaves: when it dies, that
// one alone has these.
func (b *breath) sharesMostWith(leaves string) (name string) {
	b.t.Helper()
	view, err := b.cl.View(b.t.Context())
	require.NoError(b.t, err)
	shares := make(map[string]int)
	for _, conf := range view.Partitions {
		if len(conf.InSync) != 2 {
			continue
		}
		one, _ := view.Node(conf.InSync[0])
		other, _ := view.Node(conf.InSync[1])
		switch leaves {
		case one.Name:
			shares[other.Name]++
		case other.Name:
			shares[one.Name]++
		}
	}
	for n, count := range shares {
		if name == "" || count > shares[name] {
			name = n
		}
	}
	require.Positive(b.t, shares[name], "%s has nothing that only one other has", leaves)
	return name
}

// dies kills a worker while another leaves, and waits until two serve without it. Whoever is stopped gives nothing
// away any more: what the view says then is what it dies with.
func (b *breath) dies(name, leaves string) {
	b.t.Helper()
	b.Pause(name)
	for _, m := range b.Status().Members {
		switch m.Name {
		case leaves:
			require.Equal(b.t, "draining", m.State)
			require.Positive(b.t, m.Replicas, "%s has nothing left to give away", m.Name)
		case name:
			require.Positive(b.t, m.Replicas, "%s dies with nothing", m.Name)
		}
	}
	b.Kill(name)
	b.Eventually("wait until the cluster is whole without "+name, b.Synced)
	b.active(2)
}
