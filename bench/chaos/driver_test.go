package chaos

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pikv/bench/history"
	"pikv/testcluster"
)

// driver does what the schedule says.
type driver struct {
	t        *testing.T
	c        *testcluster.Cluster
	schedule *Schedule
	timeline *Timeline
	rounds   int
	longest  time.Duration // until whole
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
	case Mute:
		d.c.Mute(a.A)
	case Deafen:
		d.c.Deafen(a.A)
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
	d.crashes(folder)
	if !d.t.Failed() {
		say("no violation: the histories of %d keys, %d operations in all and %d at most, are linearizable, and every key was read once more",
			checked.Keys, checked.Ops, checked.Longest)
	}
}

// crashes looks for nodes that ended by themselves: a fault may have hidden it.
func (d *driver) crashes(folder string) {
	logs, err := filepath.Glob(filepath.Join(folder, "*.log"))
	if err != nil || len(logs) == 0 {
		d.t.Errorf("look for the nodes' logs in %s: %d found, %v", folder, len(logs), err)
	}
	for _, file := range logs {
		text, err := os.ReadFile(file)
		if err != nil {
			d.t.Error(err)
		}
		for _, sign := range []string{"panic: ", "fatal error: "} {
			if bytes.Contains(text, []byte(sign)) {
				d.t.Errorf("a node has crashed, see %q in %s", sign, file)
			}
		}
	}
}
