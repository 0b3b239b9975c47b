package worker

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/replica"
)

func testLink() *link { return &link{wake: make(chan struct{}, 1)} }

func entryMessage(n replica.Number, value int) *replica.Message {
	return &replica.Message{Kind: replica.MsgAppend, Partition: 1, Epoch: 2, Prev: n - 1, Entries: []replica.Entry{
		{Epoch: 2, Number: n, Kind: replica.EntryPut, Key: []byte("k"), Value: bytes.Repeat([]byte{byte(n)}, value)},
	}}
}

// decodeAll returns the numbers of the entries in a batch.
func decodeAll(t *testing.T, batch []byte) (numbers []replica.Number) {
	t.Helper()
	for len(batch) > 0 {
		m, rest, err := replica.DecodeMessage(batch)
		require.NoError(t, err)
		numbers = append(numbers, m.Entries[0].Number)
		batch = rest
	}
	return numbers
}

func TestMessagesLeaveInOrderAndWhole(t *testing.T) {
	k := testLink()
	var sent, got []replica.Number
	for n := replica.Number(1); n <= 9; n++ {
		k.enqueue(entryMessage(n, 300<<10)) // three and a half fill a batch
		sent = append(sent, n)
	}
	for {
		batch := k.take(nil)
		if len(batch) == 0 {
			break
		}
		require.LessOrEqual(t, len(batch), maxBatch)
		got = append(got, decodeAll(t, batch)...)
	}
	require.Equal(t, sent, got)
	require.False(t, k.relinked(), "nothing was lost")
}

func TestAMessageLargerThanABatchTravelsAlone(t *testing.T) {
	k := testLink()
	k.enqueue(entryMessage(1, 4<<20))
	k.enqueue(entryMessage(2, 10))
	require.Equal(t, []replica.Number{1}, decodeAll(t, k.take(nil)))
	require.Equal(t, []replica.Number{2}, decodeAll(t, k.take(nil)))
}

// The queue is bounded; what does not fit is lost, and the cores hear of it
// when the peer can be reached again.
func TestAFullQueueLosesMessagesAndSaysSo(t *testing.T) {
	k := testLink()
	for n := replica.Number(1); n <= 20; n++ {
		k.enqueue(entryMessage(n, 1<<20))
	}
	require.Less(t, cap(k.mu.queue), 3*maxQueue)
	require.True(t, k.relinked())
	require.False(t, k.relinked(), "said once")
}

func TestWithoutAConnectionNothingIsKept(t *testing.T) {
	k := testLink()
	k.enqueue(entryMessage(1, 10))
	k.drop()
	require.Empty(t, k.take(nil))
	require.True(t, k.relinked())
}

func TestLinksOfAClosedWorkerTakeNothing(t *testing.T) {
	w := newTestWorker(t)
	w.Abort()
	require.Nil(t, w.links.get(placement.Incarnation(5)))
	w.links.send(5, entryMessage(1, 1))
	require.True(t, w.links.Flushed(5))
}
