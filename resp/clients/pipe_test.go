package clients

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/placement"
	"pikv/resp/resptest"
	"pikv/testcluster"
	"pikv/testcluster/need"
)

const (
	pipeKeys   = 100_000 // commands of one redis-cli --pipe
	partitions = 64      // of the cluster
)

// pipeRun is what a redis-cli --pipe told that wrote pipeKeys keys through one node.
type pipeRun struct {
	number  int
	moved   map[uint16]int // by slot: commands that were not done, since the slot is elsewhere
	other   int            // other errors
	unknown int            // those among them of writes that may have been done
}

func (p pipeRun) key(i int) string   { return fmt.Sprintf("k:%d:%d", p.number, i) }
func (p pipeRun) value(i int) string { return fmt.Sprintf("value %d of %d", i, p.number) }

var (
	pipeEnd   = regexp.MustCompile(`errors: (\d+), replies: (\d+)`)
	movedLine = regexp.MustCompile(`(?m)^MOVED (\d+) `)
)

func runPipe(ctx context.Context, addr string, number int) (pipeRun, error) {
	p := pipeRun{number: number, moved: make(map[uint16]int)}
	var commands bytes.Buffer
	for i := range pipeKeys {
		commands.WriteString(resptest.Command("SET", p.key(i), p.value(i)))
	}
	out, _ := redisCLI(ctx, addr, commands.String(), "--pipe") // it exits with 1 when there were errors
	match := pipeEnd.FindStringSubmatch(out)
	if match == nil || match[2] != strconv.Itoa(pipeKeys) {
		return p, fmt.Errorf("%w --pipe has not had all replies: %.2000s", errCLI, out)
	}
	p.other, _ = strconv.Atoi(match[1])
	for _, line := range movedLine.FindAllStringSubmatch(out, -1) {
		slot, err := strconv.ParseUint(line[1], 10, 16)
		if err != nil {
			return p, err
		}
		p.moved[uint16(slot)]++
		p.other--
	}
	p.unknown = strings.Count(out, "UNKNOWNFATE")
	return p, nil
}

// overlaps reports whether a partition came or went in the middle: some of its keys
// were taken and others not.
func (p pipeRun) overlaps() bool {
	moved, sent := make(map[placement.PartitionID]int), make(map[placement.PartitionID]int)
	for slot, n := range p.moved {
		moved[placement.PartitionOfSlot(slot, partitions)] += n
	}
	for i := range pipeKeys {
		sent[placement.PartitionOf([]byte(p.key(i)), partitions)]++
	}
	for partition, n := range moved {
		if n < sent[partition]-p.other {
			return true
		}
	}
	return false
}

// check reads all keys: those that were acknowledged are there, those that were not
// done are not, and each has the value that was written to it.
func (p pipeRun) check(t *testing.T, cl *client.Client) {
	t.Helper()
	const together = 2000
	sent, found := make(map[uint16]int), make(map[uint16]int)
	all := 0
	for from := 0; from < pipeKeys; from += together {
		keys := make([]string, together)
		for i := range keys {
			keys[i] = p.key(from + i)
			sent[placement.Slot([]byte(keys[i]))]++
		}
		results, err := cl.MGet(t.Context(), keys)
		require.NoError(t, err)
		for i, r := range results {
			if r.Found {
				require.Equal(t, p.value(from+i), string(r.Value), keys[i])
				found[placement.Slot([]byte(keys[i]))]++
				all++
			}
		}
	}
	notDone := p.other
	for slot, n := range sent {
		moved := p.moved[slot]
		notDone += moved
		require.LessOrEqual(t, found[slot], n-moved, "slot %d", slot)
		require.GreaterOrEqual(t, found[slot], n-moved-p.other, "slot %d", slot)
	}
	require.GreaterOrEqual(t, all, pipeKeys-notDone)
	require.LessOrEqual(t, all, pipeKeys-notDone+p.unknown)
	t.Logf("run %d: %d of %d stored, %d errors other than MOVED, %d of unknown fate", p.number, all, pipeKeys, p.other, p.unknown)
}

// TestRedisPipeWhileNodesComeAndGo: what was answered with OK is there, with the value
// that was sent, though partitions came and went in the middle of it.
func TestRedisPipeWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	need.Peers(t, "redis-cli")
	c := testcluster.Start(t, testcluster.Options{Workers: 3, Replicas: 2, Partitions: partitions, Redis: true, MaxMemory: 512 << 20})
	c.WaitSynced()
	addr, number := c.Node("w1").RESP, 0
	// meanwhile runs pipes, one after the other, until the event has come into one or
	// is over; no pipe then.
	meanwhile := func(event func()) (within *pipeRun) {
		over, ended := make(chan struct{}), make(chan error, 1)
		from := commandsOf(t, addr)
		go func() {
			for last := false; !last; {
				select {
				case <-over:
					last = true
				default:
				}
				number++
				p, err := runPipe(t.Context(), addr, number)
				if err != nil {
					ended <- err
					return
				}
				if p.overlaps() {
					within, last = &p, true
				}
			}
			ended <- nil
		}()
		c.Eventually("the pipe is under way", func(context.Context) error {
			if n := commandsOf(t, addr) - from; n < 1000 {
				return fmt.Errorf("%d commands", n)
			}
			return nil
		})
		event()
		c.WaitSettled()
		close(over)
		require.NoError(t, <-ended)
		return within
	}
	for _, event := range []struct {
		name       string
		begin      func()
		beforehand func() // when it must happen again
	}{
		{"a worker joins", func() { c.AddWorker() }, func() {}},
		{"a worker dies", func() { c.Kill("w2") }, func() { c.Restart("w2"); c.WaitSettled() }},
	} {
		within := meanwhile(event.begin)
		for again := 0; within == nil; again++ { // it fell between two of them
			require.Less(t, again, 5, event.name)
			event.beforehand()
			within = meanwhile(event.begin)
		}
		t.Logf("%s in the midst of pipe %d", event.name, within.number)
		within.check(t, c.Client())
	}
}
