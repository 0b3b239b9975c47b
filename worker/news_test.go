package worker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
	"pikv/wire"
)

func TestOneWhoHasNoNewsReportsSeldom(t *testing.T) {
	const start, later = store.Instant(100), store.Instant(100 + 2*restAfter)
	at := &wire.ReportRequest{MasterID: 1, Epoch: 2, Used: 3, Keys: 4}
	asked := *at
	asked.Load.Reads = 5
	for name, r := range map[string]wire.ReportRequest{
		"another master": {MasterID: 2, Epoch: 2, Used: 3, Keys: 4},
		"a new view":     {MasterID: 1, Epoch: 3, Used: 3, Keys: 4},
		"a write":        {MasterID: 1, Epoch: 2, Used: 5, Keys: 4},
		"a new key":      {MasterID: 1, Epoch: 2, Used: 3, Keys: 5},
		"a time to live": {MasterID: 1, Epoch: 2, Used: 3, Keys: 4, Mortal: 1},
		"a claim":        {MasterID: 1, Epoch: 2, Used: 3, Keys: 4, View: []byte{1}},
		"a move":         {MasterID: 1, Epoch: 2, Used: 3, Keys: 4, Moves: []wire.MoveReport{{}}},
		"a wait":         {MasterID: 1, Epoch: 2, Used: 3, Keys: 4, Waiting: []wire.WaitReport{{}}},
	} {
		var n news
		n.compare(start, at)
		require.Equal(t, reportEvery, n.pause(start), "the first report is news")
		n.compare(later, at)
		require.Equal(t, restEvery, n.pause(later))
		n.compare(later, &asked)
		require.Equal(t, restEvery, n.pause(later), "what clients ask for never stays the same")
		n.compare(later, &r)
		require.Equal(t, reportEvery, n.pause(later), name)
		n.note(later + 1)
		require.Equal(t, reportEvery, n.pause(later+store.Instant(restAfter)), "for a while")
		require.Equal(t, restEvery, n.pause(later+1+store.Instant(restAfter)))
	}
}

// A report is due at the tick nearest to the end of its pause, or when the
// register has taken a step.
func TestReportsComeWithTicks(t *testing.T) {
	w := newTestWorker(t)
	synctest.Test(t, func(t *testing.T) {
		now := store.Instant(1000)
		w.now = func() store.Instant { return now }
		w.reportNow, w.changes.taken = make(chan struct{}, 1), make(chan struct{}, 1)
		waited := make(chan bool)
		go func() { waited <- w.untilReport(context.Background(), reportEvery) }()
		synctest.Wait()
		for _, after := range []time.Duration{50, 100, 149} {
			w.promptReport(now + store.Instant(after*time.Millisecond))
			require.Empty(t, w.reportNow)
		}
		w.promptReport(now + store.Instant(150*time.Millisecond))
		require.True(t, <-waited)
		go func() { waited <- w.untilReport(context.Background(), reportEvery) }()
		signal(w.changes.taken)
		require.True(t, <-waited)
	})
}
