package worker

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/replica"
)

func testLane(t *testing.T) *lane {
	return newLink(newTestWorker(t), 5, func() {}).bulk
}

func entryMessage(n replica.Number, value int) *replica.Message {
	return &replica.Message{Kind: replica.MsgAppend, Partition: 1, Epoch: 2, Prev: n - 1, Entries: []replica.Entry{
		{Epoch: 2, Number: n, Kind: replica.EntryPut, Key: []byte("k"), Value: bytes.Repeat([]byte{byte(n)}, value)},
	}}
}

// decodeAll returns the numbers of the entries in a batch, which begins with
// its flags.
func decodeAll(t *testing.T, batch []byte) (numbers []replica.Number) {
	t.Helper()
	for batch = batch[1:]; len(batch) > 0; {
		m, rest, err := replica.DecodeMessage(batch)
		require.NoError(t, err)
		numbers = append(numbers, m.Entries[0].Number)
		batch = rest
	}
	return numbers
}

func TestMessagesLeaveInOrderAndWhole(t *testing.T) {
	l := testLane(t)
	var sent, got []replica.Number
	for n := replica.Number(1); n <= 9; n++ {
		require.True(t, l.add(entryMessage(n, bulkBatch/3)))
		sent = append(sent, n)
	}
	for {
		batch := l.take([]byte{flagBeat})
		require.EqualValues(t, flagBeat, batch[0])
		if len(batch) == 1 {
			break
		}
		require.LessOrEqual(t, len(batch), bulkBatch+1)
		require.Positive(t, l.waiting(), "a batch is on its way")
		got = append(got, decodeAll(t, batch)...)
	}
	require.Equal(t, sent, got)
	require.Zero(t, l.waiting())
}

func TestAMessageLargerThanABatchTravelsAlone(t *testing.T) {
	l := testLane(t)
	l.add(entryMessage(1, 4<<20))
	l.add(entryMessage(2, 10))
	require.Equal(t, []replica.Number{1}, decodeAll(t, l.take([]byte{0})))
	require.Equal(t, []replica.Number{2}, decodeAll(t, l.take([]byte{0})))
}

func TestAFullQueueRefusesMessages(t *testing.T) {
	l := testLane(t)
	refused := 0
	for n := replica.Number(1); n <= 20; n++ {
		if !l.add(entryMessage(n, 1<<20)) {
			refused++
		}
	}
	require.Positive(t, refused)
	require.LessOrEqual(t, l.waiting(), bulkQueue+2<<20)
}

func TestWithoutAConnectionNothingIsKept(t *testing.T) {
	l := testLane(t)
	l.add(entryMessage(1, 10))
	require.Error(t, l.connect(t.Context())) // the view does not name the peer
	l.drop()
	require.Zero(t, l.waiting())
	require.Len(t, l.take([]byte{0}), 1)
	require.True(t, l.link.lost.Load())
}
