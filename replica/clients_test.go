package replica

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

func TestPendingEntriesSayWhatTheyLeaveBehind(t *testing.T) {
	const before = Number(100) // the version that the store has
	put := func(key string) Entry { return Entry{Kind: EntryPut, Key: []byte(key)} }
	del := func(key string) Entry { return Entry{Kind: EntryDelete, Key: []byte(key)} }
	note := func(key string) Entry { return Entry{Kind: EntryNote, Key: []byte(key)} }
	expire := func(key string, version Number) Entry {
		return Entry{Kind: EntryExpire, Key: []byte(key), Version: version}
	}
	for _, tt := range []struct {
		name    string
		entries []Entry
		put     Number
	}{
		{"put", []Entry{put("k")}, 1},
		{"delete", []Entry{del("k")}, 0},
		{"expiry", []Entry{expire("k", before)}, 0},
		{"put, delete", []Entry{put("k"), del("k")}, 0},
		{"delete, put", []Entry{del("k"), put("k")}, 2},
		{"put, expiry of the version before", []Entry{put("k"), expire("k", before)}, 1},
		{"put, its own expiry", []Entry{put("k"), expire("k", 1)}, 0},
		{"delete, expiry", []Entry{del("k"), expire("k", before)}, 0},
		{"expiry twice", []Entry{expire("k", before), expire("k", before)}, 0},
		{"put, a note", []Entry{put("k"), note("k")}, 1},
		{"others", []Entry{put("k"), del("l")}, 1},
	} {
		core := Core{engine: store.New(store.NewMemory(0))}
		c := &core.clients
		_, touched := c.pending.touchOf([]byte("k"))
		require.False(t, touched)
		for i := range tt.entries {
			e := &tt.entries[i]
			e.Number = Number(i + 1)
			core.await(0, pendingOp{touch: touch{number: e.Number}}, e)
		}
		got, touched := c.pending.touchOf([]byte("k"))
		require.True(t, touched, tt.name)
		require.Equal(t, tt.put, got.put, tt.name)

		var out Effects
		for i := range tt.entries {
			c.committed(store.NewMemory(0), &tt.entries[i], &out)
		}
		require.False(t, c.waiting(), tt.name)
	}
}

func TestOnlyTheLastPendingEntryOfAKeySettlesIt(t *testing.T) {
	var core Core
	c := &core.clients
	var out Effects
	first := Entry{Number: 1, Kind: EntryPut, Key: []byte("k")}
	second := Entry{Number: 2, Kind: EntryDelete, Key: []byte("k")}
	core.await(0, pendingOp{touch: touch{number: 1}}, &first)
	core.await(0, pendingOp{touch: touch{number: 2}}, &second)
	c.committed(store.NewMemory(0), &first, &out)
	got, touched := c.pending.touchOf([]byte("k"))
	require.True(t, touched)
	require.Zero(t, got.put)
}

func TestEntriesOfAnEarlierPrimaryHaveNobodyWhoWaits(t *testing.T) {
	var core Core
	c := &core.clients
	var out Effects
	mine := Entry{Number: 7, Kind: EntryPut, Key: []byte("k")}
	core.await(0, pendingOp{touch: touch{number: 7}, answer: true, waiter: waiter{done: Done{Tag: "mine"}}}, &mine)
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
	l.settle()
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
	for s := OK; s <= Malformed; s++ {
		require.NotEqual(t, "status?", s.String())
	}
	require.Equal(t, "status?", Status(99).String())
	require.Equal(t, "backup", RoleBackup.String())
}
