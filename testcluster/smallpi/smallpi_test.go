// Package smallpi tests that a worker with the default settings fits into the memory of the
// smallest Pi: it has tests only.
package smallpi

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/client"
	"pikv/testcluster/netns"
	"pikv/testcluster/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ram is what Linux sees of a Pi Zero's 512 MiB, and system what the rest of a Pi takes of it.
const (
	ram    = 427 << 20
	system = 80 << 20
)

// group makes a control group for a Pi's RAM, and returns its folder and the names of the
// files for its limit, its peak and how often it was full to the end.
func group(t *testing.T) (dir, peak string) {
	t.Helper()
	limit := "memory.limit_in_bytes"
	dir, peak = "/sys/fs/cgroup/memory", "memory.max_usage_in_bytes"
	if _, err := os.Stat(dir); err != nil {
		dir, limit, peak = "/sys/fs/cgroup", "memory.max", "memory.peak"
	}
	dir = filepath.Join(dir, fmt.Sprintf("pikv-smallpi-%d", os.Getpid()))
	require.NoError(t, os.Mkdir(dir, 0o755))
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return os.Remove(dir) == nil }, 10*time.Second, 10*time.Millisecond)
	})
	require.NoError(t, os.WriteFile(filepath.Join(dir, limit), []byte(strconv.Itoa(ram)), 0o644))
	return dir, peak
}

// TestNetnsTheDefaultFitsTheSmallestPi: filled to the brim and then beset with the largest
// values that there are, a worker is not killed, and leaves the rest of the Pi its part.
func TestNetnsTheDefaultFitsTheSmallestPi(t *testing.T) {
	lab := netns.New(t)
	dir, peak := group(t)
	pikvd := filepath.Join(t.TempDir(), "pikvd")
	out, err := exec.Command("go", "build", "-o", pikvd, "pikv/cmd/pikvd").CombinedOutput()
	require.NoError(t, err, "%s", out)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	start := func(command ...string) *process.Process {
		p, err := process.Start(ctx, process.Options{Command: command})
		require.NoError(t, err)
		t.Cleanup(p.Kill)
		return p
	}
	m := start(lab.Host("m").Inside(pikvd, "start", "--role", "master", "--name", "m", "--replicas", "1", "--data-dir", t.TempDir())...)
	// The shell enters the group and becomes the worker, which was told nothing of memory.
	w := start(append([]string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, dir},
		lab.Host("w").Inside(pikvd, "start", "--role", "worker", "--name", "w")...)...)

	c, err := client.New(ctx, []string{m.RPC}, client.WithDialer(lab.Host("guest").Dial), client.WithTimeout(20*time.Second))
	require.NoError(t, err)
	defer c.Close()
	value := bytes.Repeat([]byte("v"), 1000)
	var all sync.WaitGroup
	var first [16]string // of each caller's keys, that was acknowledged
	for i := range first {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("%d-%d", i, n)
				switch _, err := c.Put(ctx, key, value); {
				case err == nil:
					first[i] = cmp.Or(first[i], key)
				case !errors.Is(err, client.ErrUnavailable): // which it is until the worker serves
					assert.ErrorIs(t, err, client.ErrOutOfMemory)
					return
				}
			}
		})
	}
	all.Wait()
	large := bytes.Repeat([]byte("L"), 60<<20)
	for i := range 6 {
		all.Go(func() {
			for range 3 {
				_, err := c.Put(ctx, fmt.Sprintf("large-%d", i), large)
				assert.Error(t, err, "it is full")
			}
		})
	}
	all.Wait()

	select {
	case <-w.Done():
		t.Fatal("the worker has ended")
	default:
	}
	for _, key := range first {
		got, err := c.Get(ctx, key)
		require.NoError(t, err, key)
		require.Equal(t, value, got, key)
	}
	status, err := c.Status(ctx)
	require.NoError(t, err)
	for _, n := range status.Members {
		if n.Name == "w" {
			require.InDelta(t, 97<<20, n.Capacity, 1<<20, "by the group's limit")
			require.Greater(t, n.Used, n.Capacity*9/10)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, peak))
	require.NoError(t, err)
	most, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	require.NoError(t, err)
	t.Logf("at most %d MiB of %d", most>>20, ram>>20)
	require.Less(t, most, int64(ram-system))
}
