package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// TestWhatADeathLooksLike to whoever follows it with the commands.
func TestWhatADeathLooksLike(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{})
	require.Equal(t, exitDone, sh("wait --synced").code)
	printed(t, "1\n", sh("incr n"))
	where := fields(t, sh("locate n --json"))
	owner, backups := where["node"].(string), where["backups"].([]any)
	require.Len(t, backups, 1)
	require.NotContains(t, backups, owner)

	watch, stop := watching(t)
	require.Regexp(t, `^epoch \d+: 64 partitions with 2 replicas each, on w1, w2 and w3$`, <-watch)
	c.Kill(owner)
	printed(t, "2\n", sh("incr n --timeout 1m"))
	require.Equal(t, backups[0], fields(t, sh("locate n --json"))["node"], "its backup took over")
	c.Eventually("the dead worker to be known as dead", func(context.Context) error {
		if got := sh("members"); strings.Contains(got.out, owner+"      worker  active") {
			return errors.New(got.out)
		}
		return nil
	})
	require.Contains(t, sh("wait --synced").out, "64 partitions, each with 2 replicas")
	printed(t, "3\n", sh("incr n"))
	for line := range watch {
		if strings.Contains(line, " took over from "+owner+"; now primary ") {
			break
		}
	}
	require.Equal(t, exitDone, stop(), "an interrupt is how it ends")
}

// watching runs pikv watch and returns its lines, and what interrupts it and
// returns its exit code.
func watching(t *testing.T) (lines <-chan string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended, got := make(chan int, 1), make(chan string, 1000)
	go func() {
		defer w.Close()
		ended <- run(ctx, env{stdout: w, stderr: io.Discard}, []string{"watch"})
	}()
	go func() {
		defer close(got)
		for s := bufio.NewScanner(r); s.Scan(); {
			got <- s.Text()
		}
	}()
	t.Cleanup(cancel)
	return got, func() int { cancel(); return <-ended }
}
