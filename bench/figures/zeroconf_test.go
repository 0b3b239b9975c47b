package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/testcluster/netns"
	"pikv/testcluster/process"
)

const zeroconfRounds = 5

// TestNetnsFigureZeroConf times workers that are told no address, from the start of
// their process until they are the primary of their share.
func TestNetnsFigureZeroConf(t *testing.T) {
	if *reportFile == "" {
		t.Skip("measures a figure for `make bench`")
	}
	pikvd := filepath.Join(t.TempDir(), "pikvd")
	out, err := exec.Command("go", "build", "-o", pikvd, "pikv/cmd/pikvd").CombinedOutput()
	require.NoError(t, err, "%s", out)
	first := tableRow{name: "the first worker serves all keys", goal: "at most 5 s", format: "%.2f s"}
	second := tableRow{name: "a second one serves half of them", goal: "at most 5 s", format: "%.2f s"}
	for range zeroconfRounds {
		lab := netns.New(t)
		guest := lab.Host("guest")
		start := func(name string, flags ...string) *process.Process {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			host := lab.Host(name)
			p, err := process.Start(ctx, process.Options{Command: host.Inside(append([]string{pikvd, "start", "--name", name}, flags...)...)})
			require.NoError(t, err)
			t.Cleanup(p.Kill)
			return p
		}
		m := start("m", "--role", "master", "--data-dir", t.TempDir())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		c, err := client.New(ctx, []string{m.RPC}, client.WithDialer(guest.Dial))
		require.NoError(t, err)
		// serves waits until the worker is the primary of so many partitions.
		serves := func(name string, least int) float64 {
			begun := time.Now()
			start(name, "--role", "worker")
			for {
				s, err := c.Status(ctx)
				require.NoError(t, err)
				for _, n := range s.Members {
					if n.Name == name && n.Primaries >= least {
						return time.Since(begun).Seconds()
					}
				}
				require.NoError(t, pass(ctx, 20*time.Millisecond))
			}
		}
		first.values = append(first.values, serves("w1", 1024))
		_, err = c.Put(ctx, "greeting", []byte("good morning"))
		require.NoError(t, err)
		second.values = append(second.values, serves("w2", 400))
		cancel()
		require.NoError(t, c.Close())
		lab.Close()
	}
	s := newSheet()
	s.say("Hosts of their own, a master without workers, 1024 partitions, R=2, no data. Workers are started with no flag but their role and name, "+
		"and find the master by multicast DNS; the time begins with their process. %d rounds.\n\n", zeroconfRounds)
	s.table("from the process to its share", first, second)
	report(t, s)
}
