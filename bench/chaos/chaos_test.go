package chaos

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pikv/bench/history"
	"pikv/testcluster"
)

var (
	minutes = flag.Float64("minutes", 2, "how long faults are made, both clusters together")
	seed    = flag.Uint64("seed", 1, "of the schedule and the load")
	out     = flag.String("out", "", "folder for the nodes' logs and broken histories; default: a new one, kept if something is wrong")
)

// bound is how long the cluster may take until it is whole again after a round.
const bound = time.Minute

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestNetnsChaosWithTwoReplicas(t *testing.T) {
	run(t, testcluster.Options{Replicas: 2, Workers: 4})
}

func TestNetnsChaosWithThreeReplicas(t *testing.T) {
	run(t, testcluster.Options{Replicas: 3, Workers: 5})
}

// driver does what the schedule says.
type driver struct {
	t        *testing.T
	c        *testcluster.Cluster
	schedule *Schedule
	timeline *Timeline
	rounds   int
	longest  time.Duration // until whole
}

// run is one cluster under faults for half of the time.
func run(t *testing.T, o testcluster.Options) {
	folder := *out
	if folder == "" {
		var err error
		if folder, err = os.MkdirTemp("", fmt.Sprintf("pikv-chaos-%d-", *seed)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if !t.Failed() {
				_ = os.RemoveAll(folder) // the tests have ended, and logs alone are in it
			}
		})
	}
	o.Mode, o.Logs, o.MaxMemory, o.Patience = testcluster.Namespaces, folder, 256<<20, 2*bound
	c := testcluster.Start(t, o)
	stores := make([]history.Store, 3)
	for i := range stores {
		stores[i] = c.Client()
	}
	load := history.New(stores, history.Options{Seed: *seed})
	fmt.Fprintf(os.Stdout, "seed %d, %d replicas, %d workers; logs in %s\n", *seed, o.Replicas, o.Workers, folder)
	timeline := NewTimeline(os.Stdout)
	d := &driver{t: t, c: c, timeline: timeline, schedule: NewSchedule(*seed, o.Replicas, o.Workers)}

	loading, stop := context.WithCancel(context.Background())
	loaded, printed := make(chan struct{}), make(chan struct{})
	go func() { defer close(loaded); load.Run(loading) }()
	go func() { defer close(printed); timeline.Run(loaded, load.Take) }()
	defer func() { stop(); <-loaded; <-printed }()
	for end := time.Now().Add(time.Duration(*minutes / 2 * float64(time.Minute))); time.Now().Before(end) && !t.Failed(); {
		d.round()
	}
	stop()
	<-loaded
	<-printed
	d.verdict(load, folder)
}

// round does one round and waits until all is whole again.
func (d *driver) round() {
	d.rounds++
	r := d.schedule.Next()
	begin := time.Now()
	for _, a := range r.Actions {
		time.Sleep(time.Until(begin.Add(a.At))) // the schedule's own time: there is nothing to wait for
		d.timeline.Say("%s", a)
		d.do(a)
	}
	healed := time.Now()
	if r.Leaving != "" {
		d.c.Drain(r.Leaving)
		d.c.Stop(r.Leaving)
		d.timeline.Say("%s has left", r.Leaving)
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	for {
		err := d.c.Synced(ctx)
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			d.t.Errorf("not whole again %v after the last fault of round %d was healed: %v", bound, d.rounds, err)
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
	took := time.Since(healed)
	d.longest = max(d.longest, took)
	d.timeline.Say("whole after %.1f s", took.Seconds())
}

// do does one action.
func (d *driver) do(a Action) {
	switch a.Verb {
	case Kill:
		d.c.Kill(a.A)
	case Restart:
		d.c.Restart(a.A)
	case Stop:
		d.c.Stop(a.A)
	case Pause:
		d.c.Pause(a.A)
	case Resume:
		d.c.Resume(a.A)
	case Cut:
		d.c.Cut(a.A, a.B)
	case Mend:
		d.c.Mend(a.A, a.B)
	case Isolate:
		d.c.Isolate(a.A)
	case Connect:
		d.c.Connect(a.A)
	case Lose:
		d.c.Lose(50)
	case Keep:
		d.c.Lose(0)
	case Join:
		if name := d.c.AddWorker().Name; name != a.A {
			d.t.Fatalf("the new worker is %s, the schedule calls it %s", name, a.A)
		}
	case Drain:
		d.c.BeginDrain(a.A)
	}
}

// verdict reads every key once more, checks all histories and says how it went.
func (d *driver) verdict(load *history.Load, folder string) {
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	if err := load.Finish(ctx); err != nil {
		d.t.Errorf("after all is healed: %v", err)
	}
	wrong, checked := load.Check()
	total, texts := load.Total()
	say := func(format string, args ...any) { fmt.Fprintf(os.Stdout, format+"\n", args...) }
	for _, text := range texts {
		say("  not answered: %s", text)
	}
	say("%d rounds of faults, whole again after %.1f s at worst; %d operations answered, %d failed without effect, %d of unknown fate, slowest %.3f s",
		d.rounds, d.longest.Seconds(), total.Ops, total.Failed, total.Unknown, total.Slowest.Seconds())
	for _, v := range wrong {
		file := filepath.Join(folder, strings.ReplaceAll(v.Key, "/", "_")+".txt")
		if err := os.WriteFile(file, []byte(v.Key+": "+v.What+"\n"+v.History), 0o644); err != nil {
			d.t.Error(err)
		}
		d.t.Errorf("%s: %s; its history is in %s", v.Key, v.What, file)
	}
	if d.t.Failed() {
		say("VIOLATED. Replay: make chaos MINUTES=%v SEED=%d. Histories and logs: %s", *minutes, *seed, folder)
		return
	}
	say("no violation: the histories of %d keys, %d operations in all and %d at most, are linearizable, and every key was read once more",
		checked.Keys, checked.Ops, checked.Longest)
}
