package chaos

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pikv/bench/history"
	"pikv/testcluster"
	"pikv/testcluster/need"
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
	run(t, testcluster.Options{Replicas: 2, Workers: 5})
}

func TestNetnsChaosWithThreeReplicas(t *testing.T) {
	run(t, testcluster.Options{Replicas: 3, Workers: 5})
}

// run is one cluster under faults for half of the time.
func run(t *testing.T, o testcluster.Options) {
	need.Root(t)
	folder := logFolder(t, o.Replicas)
	o.Mode, o.Logs, o.MaxMemory, o.Patience, o.Redis = testcluster.Namespaces, folder, 256<<20, 2*bound, true
	c := testcluster.Start(t, o)
	stores := make([]history.Store, 3, 4)
	for i := range stores {
		stores[i] = c.Client()
	}
	stores = append(stores, newRedisStore(t, c)) // the same keys come through the other door
	load := history.New(stores, history.Options{Seed: *seed})
	fmt.Fprintf(os.Stdout, "seed %d, %d replicas, %d workers; logs in %s\n", *seed, o.Replicas, o.Workers, folder)
	d := &driver{t: t, c: c, timeline: NewTimeline(os.Stdout, load.Take), schedule: NewSchedule(*seed, o.Replicas, o.Workers)}

	loading, stop := context.WithCancel(context.Background())
	loaded := make(chan struct{})
	go func() { defer close(loaded); load.Run(loading) }()
	defer func() { stop(); <-loaded }()
	for end := time.Now().Add(time.Duration(*minutes / 2 * float64(time.Minute))); time.Now().Before(end) && !t.Failed(); {
		d.round()
	}
	stop()
	<-loaded
	d.verdict(load, folder)
}

// logFolder makes the folder for logs and broken histories. It stays if it was
// asked for, or if the test fails: then its name is printed.
func logFolder(t *testing.T, replicas int) string {
	t.Helper()
	folder, err := *out, error(nil)
	if folder == "" {
		folder, err = os.MkdirTemp("", fmt.Sprintf("pikv-chaos-%d-%d-", *seed, replicas))
	} else {
		folder = filepath.Join(folder, fmt.Sprintf("replicas-%d", replicas))
		err = os.MkdirAll(folder, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // the nodes have ended by then
		switch {
		case t.Failed():
			fmt.Fprintf(os.Stdout, "FAILED. Replay: make chaos MINUTES=%v CHAOS=%d. Histories and logs: %s\n", *minutes, *seed, folder)
		case *out == "":
			_ = os.RemoveAll(folder) // logs alone are in it
		}
	})
	return folder
}
