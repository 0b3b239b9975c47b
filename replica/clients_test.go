package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

func TestPendingEntriesSayWhatTheyLeaveBehind(t *testing.T) {
	put := func(key string) Entry { return Entry{Kind: EntryPut, Key: []byte(key)} }
	del := func(key string) Entry { return Entry{Kind: EntryDelete, Key: []byte(key)} }
	expire := func(key string) Entry { return Entry{Kind: EntryExpire, Key: []byte(key)} }
	for _, tt := range []struct {
		name    string
		entries []Entry
		exists  bool
	}{
		{"put", []Entry{put("k")}, true},
		{"delete", []Entry{del("k")}, false},
		{"expiry", []Entry{expire("k")}, false},
		{"put, delete", []Entry{put("k"), del("k")}, false},
		{"delete, put", []Entry{del("k"), put("k")}, true},
		{"put, expiry of the version before", []Entry{put("k"), expire("k")}, true},
		{"delete, expiry", []Entry{del("k"), expire("k")}, false},
		{"expiry twice", []Entry{expire("k"), expire("k")}, false},
		{"others", []Entry{put("k"), del("l")}, true},
	} {
		var c clients
		_, ok := c.pendingExistence([]byte("k"))
		require.False(t, ok)
		for i := range tt.entries {
			e := &tt.entries[i]
			e.Number = Number(i + 1)
			c.await(pendingOp{number: e.Number}, e)
		}
		exists, ok := c.pendingExistence([]byte("k"))
		require.True(t, ok, tt.name)
		require.Equal(t, tt.exists, exists, tt.name)

		var out Effects
		for i := range tt.entries {
			c.committed(store.NewMemory(0), &tt.entries[i], &out)
		}
		require.False(t, c.waiting(), tt.name)
		require.Nil(t, c.touched, "an idle partition takes no memory")
	}
}

func TestOnlyTheLastPendingEntryOfAKeySettlesIt(t *testing.T) {
	var c clients
	var out Effects
	first := Entry{Number: 1, Kind: EntryPut, Key: []byte("k")}
	second := Entry{Number: 2, Kind: EntryDelete, Key: []byte("k")}
	c.await(pendingOp{number: 1}, &first)
	c.await(pendingOp{number: 2}, &second)
	c.committed(store.NewMemory(0), &first, &out)
	exists, ok := c.pendingExistence([]byte("k"))
	require.True(t, ok)
	require.False(t, exists)
}

func TestEntriesOfAnEarlierPrimaryHaveNobodyWhoWaits(t *testing.T) {
	var c clients
	var out Effects
	mine := Entry{Number: 7, Kind: EntryPut, Key: []byte("k")}
	c.await(pendingOp{number: 7, answer: true, done: Done{Tag: "mine"}}, &mine)
	c.committed(store.NewMemory(0), &Entry{Number: 6, Key: []byte("l")}, &out)
	require.Empty(t, out.Done)
	c.committed(store.NewMemory(0), &mine, &out)
	require.Len(t, out.Done, 1)
}

func TestHeldOperationsEndInOrder(t *testing.T) {
	l := newLab(t)
	l.pair()
	for n := range 6 {
		op := Op{Kind: OpGet, Key: []byte("k"), Epoch: 4, Tag: fmt.Sprint(n)}
		if n%2 == 1 {
			op.Deadline = l.now + store.Instant(time.Duration(n)*time.Second)
		}
		l.do(nodeA, op)
	}
	l.pass(3 * time.Second)
	require.Equal(t, []Done{{Tag: "1", Status: Timeout}, {Tag: "3", Status: Timeout}}, l.done)
	l.done = nil
	l.adoptAll(config(4, nodeB, incs{nodeA, nodeB}))
	var tags []any
	for _, d := range l.done {
		require.Equal(t, Moved, d.Status)
		tags = append(tags, d.Tag)
	}
	require.Equal(t, []any{"0", "2", "4", "5"}, tags)
	require.Nil(t, l.cores[nodeA].clients.held, "an idle partition takes no memory")
}

func TestEffectsKeepTheirMemoryButNothingElse(t *testing.T) {
	out := Effects{
		Messages: []Envelope{{Message: Message{Entries: []Entry{{Key: []byte("k")}}}}},
		Done:     []Done{{Value: []byte("v")}},
		Behind:   3, BehindFrom: nodeA,
	}
	messages, done := out.Messages, out.Done
	out.Reset()
	require.Zero(t, len(out.Messages)+len(out.Done))
	require.Zero(t, out.Behind)
	require.Nil(t, messages[0].Message.Entries)
	require.Nil(t, done[0].Value)
	require.Equal(t, 1, cap(out.Messages))
}

func TestNamesOfStatusesAndRoles(t *testing.T) {
	for s := OK; s <= UnknownFate; s++ {
		require.NotEqual(t, "status?", s.String())
	}
	require.Equal(t, "status?", Status(99).String())
	require.Equal(t, "backup", RoleBackup.String())
}
