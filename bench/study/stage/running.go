package stage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"pikv/bench/study"
	"pikv/client"
)

// NameCluster is the target that is a cluster which runs somewhere.
const NameCluster = "cluster"

// running is a cluster that runs already, and goes on to.
type running struct {
	seeds  []string
	hosts  hostsAsked
	client *client.Client
	target study.Target
	limits study.Limits
	names  []string // of the nodes that there were

	asked time.Time // when CPU was asked last
	used  Used      // until then
}

// FindCluster returns the stage that is a running cluster. user is the name by which ssh
// gets into its computers, to ask what they are; "" to ask only those that are this one.
func FindCluster(ctx context.Context, seeds []string, user string) (Stage, error) {
	c, err := client.New(ctx, seeds, client.WithTimeout(callTime), client.WithDialTimeout(dialTime))
	if err != nil {
		return nil, err
	}
	r := &running{seeds: seeds, hosts: hostsAsked{user: user}, client: c}
	if err := r.look(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("look at the cluster: %w", err), c.Close())
	}
	return r, nil
}

// look finds out what the cluster is.
func (r *running) look(ctx context.Context) error {
	status, err := r.client.Status(ctx)
	if err != nil {
		return err
	}
	workers := 0
	for _, m := range status.Members {
		if m.Primaries > 0 {
			workers++
		}
		r.hosts.add(m.Name, m.Addr)
		r.names = append(r.names, m.Name)
	}
	if workers == 0 || status.Synced != status.Partitions {
		return fmt.Errorf("%d of %d partitions are synced, on %d workers: measure when all are (pikv wait --synced)", status.Synced, status.Partitions, workers)
	}
	r.limits = study.Limits{Most: workers, Exactly: true, Replicas: status.Replicas}
	r.target = study.Target{
		Name: NameCluster, Kind: study.KindCluster, Nodes: len(status.Members), Dilation: 1, CoreSpeed: 1,
		Notes: []string{
			"Processor time is what the workers report, as means over seconds: the master's, and that of short points, is not known.",
			"The load generator's network is part of what is measured.",
		},
	}
	return nil
}

// Target implements Stage.
func (r *running) Target() study.Target { return r.target }

// Limits implements Stage.
func (r *running) Limits() study.Limits { return r.limits }

// Cores implements Stage.
func (r *running) Cores() float64 { return float64(runtime.NumCPU()) }

// Open implements Stage: it asks the computers what they are.
func (r *running) Open(ctx context.Context) error {
	r.target.Hosts = r.hosts.ask(ctx)
	for _, h := range r.target.Hosts {
		if h.Model != "" && r.target.Model == "" {
			r.target.Model = h.Model
		}
		if h.Model == "" {
			r.target.Notes = append(r.target.Notes, "Of "+h.Name+" it is not known what it is, nor whether it was throttled: --ssh-user was not given, or did not get there.")
		}
	}
	return nil
}

// Finish implements Finisher: computers that got too hot meanwhile say so.
func (r *running) Finish(ctx context.Context) {
	r.target.Throttled = throttledSince(r.target.Hosts, r.hosts.ask(ctx))
}

// Start implements Stage: it runs. One that has lost a node is given a while to have it
// again; then it is measured as it is.
func (r *running) Start(ctx context.Context, w Wanted) (Cluster, error) {
	if w.Store != study.Pikv || w.Workers != r.limits.Most {
		return nil, fmt.Errorf("start %s with %d workers: %w", w.Store, w.Workers, ErrNotHere)
	}
	for deadline := time.Now().Add(returnTime); r.Lost(ctx) != "" && time.Now().Before(deadline); {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return atWork{r}, nil
}

// returnTime is how long a lost node is waited for.
const returnTime = 30 * time.Second

// atWork is the running cluster as a Cluster: its end is not that of the stage.
type atWork struct{ *running }

// Connect implements Cluster.
func (r *running) Connect(ctx context.Context, n int, mode string) (*Clients, error) {
	return connectPikv(ctx, r.seeds, n, mode, client.WithTimeout(callTime), client.WithDialTimeout(dialTime))
}

// Owners implements Cluster.
func (r *running) Owners(ctx context.Context) ([]string, func(key string) int, error) {
	return ownersOf(ctx, r.client)
}

// CPU implements Cluster: what the workers report at the moment counts since it was asked
// the last time.
func (r *running) CPU(ctx context.Context) (Used, error) {
	members, err := r.client.Members(ctx)
	if err != nil {
		return r.used, err
	}
	busy := 0.0 // processors
	for _, m := range members {
		busy += m.Load.CPU
	}
	now := time.Now()
	if !r.asked.IsZero() {
		r.used.Workers += time.Duration(busy * float64(now.Sub(r.asked)))
	}
	r.asked = now
	return r.used, nil
}

// Lost implements Cluster.
func (r *running) Lost(ctx context.Context) string { return lostOf(ctx, r.client, r.names) }

// Dilation implements Cluster.
func (r *running) Dilation() float64 { return 1 }

// Close implements Cluster: the cluster goes on, without the keys that were written.
func (w atWork) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	var keys []string
	for key, err := range w.client.Keys(ctx, Prefix) {
		if err != nil {
			return fmt.Errorf("find the keys that begin with %s, to delete them: %w", Prefix, err)
		}
		keys = append(keys, key)
	}
	if _, err := w.client.MDel(ctx, keys); err != nil {
		return fmt.Errorf("delete the keys that begin with %s: %w", Prefix, err)
	}
	return nil
}

// Close implements Stage.
func (r *running) Close() error { return r.client.Close() }
