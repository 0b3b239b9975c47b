package replica

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// samples has a message of each kind, with every field that it uses set.
func samples() []Message {
	return []Message{
		{Kind: MsgAppend, Partition: 7, Epoch: 3, Prev: 8, PrevEpoch: 2, Commit: 6, Start: 8, Entries: []Entry{
			{Epoch: 3, Number: 9, Kind: EntryPut, Key: []byte("k"), Value: []byte("value"), TTL: 1e9},
			{Epoch: 3, Number: 10, Kind: EntryDelete, Key: []byte("k"), Value: []byte{}},
			{Epoch: 3, Number: 11, Kind: EntryExpire, Key: []byte{}, Value: []byte{}, Version: 9},
			{
				Epoch: 3, Number: 12, Kind: EntryNote, Key: []byte("k"), Value: []byte{}, ID: EntryID{Client: 1 << 63, Seq: 300, Finished: 299},
				Outcome: Outcome{Status: ConditionFailed, Found: true, Version: 9, Value: []byte("old")},
			},
			{Epoch: 3, Number: 13, Kind: EntryPut, Key: []byte("large"), Value: []byte{}, Body: 77},
			{Epoch: 3, Number: 14, Kind: EntryCopy, Key: []byte("touched"), Value: []byte{}, TTL: 1e9},
			{Epoch: 3, Number: 15, Kind: EntryCopy, Key: []byte("k"), Value: []byte("source")},
			{Epoch: 3, Number: 16, Kind: EntryGroup, Key: []byte{}, Value: parts(samplesOfParts()...)},
			{Epoch: 3, Number: 17, Kind: EntryGroup, Key: []byte{}, Value: []byte{}, Body: 78},
		}},
		{Kind: MsgAppend, Partition: placement.Slots - 1, Epoch: math.MaxUint64, Prev: math.MaxUint64, PrevEpoch: 1, Commit: math.MaxUint64},
		{Kind: MsgFill, Epoch: 1, Prev: 300, PrevEpoch: 1, From: 1 << 40, Done: true, Items: []Item{
			{Key: []byte("a"), Value: bytes.Repeat([]byte("v"), 300), Version: 12, TTL: math.MaxInt64},
			{Key: []byte("b"), Value: []byte{}, Version: 1},
		}},
		{Kind: MsgFill, Epoch: 1},
		{Kind: MsgFill, Epoch: 1, From: 2, Records: []Record{
			{Client: 7, Finished: 3, Forgotten: 2, Seq: 5, Outcome: Outcome{Status: NotInteger, Value: []byte{}}},
			{Client: 8, Finished: 1, Outcome: Outcome{Value: []byte("v")}},
		}},
		{Kind: MsgAck, Partition: 1, Epoch: 5, Prev: 4, PrevEpoch: 3, Commit: 2, From: 9, Done: true, Full: true},
		{Kind: MsgStale, Partition: 1, Epoch: 5},
		{Kind: MsgBody, Epoch: 5, Body: 7, From: 4, Total: 100, Data: []byte("chunk")},
		{Kind: MsgBodyAck, Epoch: 5, Body: 7, From: 9, Full: true},
	}
}

func samplesOfParts() []Entry {
	return []Entry{
		{Kind: EntryPut, Key: []byte("a"), Value: []byte("value"), TTL: math.MaxInt64},
		{Kind: EntryDelete, Key: []byte("b"), Value: []byte{}},
		{Kind: EntryExpire, Key: []byte("c"), Value: []byte{}, Version: math.MaxUint64},
		{Kind: EntryCopy, Key: []byte("d"), Value: []byte("a")},
	}
}

func parts(all ...Entry) (buf []byte) {
	for i := range all {
		buf = appendPart(buf, &all[i])
	}
	return buf
}

func TestPartsSurviveTheCodec(t *testing.T) {
	encoded := parts(samplesOfParts()...)
	require.True(t, wellFormed(encoded))
	r := reader{buf: encoded}
	for _, want := range samplesOfParts() {
		require.Equal(t, want, r.part())
	}
	require.NoError(t, r.err)
	require.Empty(t, r.buf)
	for n := range encoded {
		cut := reader{buf: encoded[:n]}
		for range samplesOfParts() {
			cut.part()
		}
		require.ErrorIs(t, cut.err, ErrBadBatch)
	}
}

// What a group's parts are is looked at when it comes, and not when it is
// applied: then it is too late to refuse it.
func TestMalformedGroupsAreRefused(t *testing.T) {
	part := func(key string) Entry { return Entry{Kind: EntryPut, Key: []byte(key), Value: []byte("v")} }
	for name, bad := range map[string][]byte{
		"nothing":                         nil,
		"a key twice":                     parts(part("a"), part("a")),
		"no order":                        parts(part("b"), part("a")),
		"truncated":                       parts(part("a"), part("b"))[:12],
		"a kind that is none of a part's": parts(Entry{Kind: EntryForget, Key: []byte("a")}),
		"a group in a group":              parts(Entry{Kind: EntryGroup, Key: []byte("a")}),
		"garbage behind":                  append(parts(part("a")), 0),
	} {
		require.False(t, wellFormed(bad), name)
		m := Message{Kind: MsgAppend, Entries: []Entry{{Kind: EntryGroup, Value: bad}}}
		_, _, err := DecodeMessage(AppendMessage(nil, &m))
		require.ErrorIs(t, err, ErrBadBatch, name)
	}
}

func TestMessagesSurviveTheCodec(t *testing.T) {
	var batch []byte
	for _, m := range samples() {
		batch = AppendMessage(batch, &m)
	}
	rest := batch
	for _, want := range samples() {
		var got Message
		var err error
		got, rest, err = DecodeMessage(rest)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Empty(t, rest)
}

func TestTruncatedMessagesAreRefused(t *testing.T) {
	for _, m := range samples() {
		whole := AppendMessage(nil, &m)
		for n := range whole {
			_, rest, err := DecodeMessage(whole[:n])
			require.ErrorIs(t, err, ErrBadBatch, "the first %d of %d bytes of kind %d", n, len(whole), m.Kind)
			require.Nil(t, rest)
		}
	}
}

func TestGarbageIsRefused(t *testing.T) {
	head := func(kind byte, rest ...byte) []byte { return append([]byte{kind, 0, 1, 0, 0}, rest...) }
	huge := binary.AppendUvarint(nil, math.MaxUint64)
	for name, batch := range map[string][]byte{
		"kind 0":                {0, 0, 1, 0, 0},
		"unknown kind":          {9, 0, 1, 0, 0},
		"partition too high":    {byte(MsgStale), 0x80, 0x80, 0x01, 1, 0, 0},
		"endless integer":       bytes.Repeat([]byte{0xFF}, 40),
		"truth value 2":         head(byte(MsgAck), 0, 0, 2, 0),
		"more entries than fit": head(byte(MsgAppend), 0, 0, 100),
		"huge count of entries": append(head(byte(MsgAppend), 0, 0), huge...),
		"huge count of items":   append(head(byte(MsgFill), 0, 0), huge...),
		"huge key":              append(append(head(byte(MsgAppend), 0, 0, 1, byte(EntryPut), 1, 1), huge...), make([]byte, 20)...),
		"entry kind 0":          head(byte(MsgAppend), 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0),
		"status of an outcome":  head(byte(MsgAppend), 0, 0, 1, byte(EntryPut), 1, 1, 0, 0, 0, 0, 7, 1, 1, 99, 0, 0, 0),
		"huge count of records": append(head(byte(MsgFill), 0, 0, 0), huge...),
		"unknown entry kind":    head(byte(MsgAppend), 0, 0, 1, 9, 1, 1, 0, 0, 0, 0, 0),
		"negative time to live": append(append(head(byte(MsgFill), 0, 0, 1, 0, 0, 0), huge...), 0, 0),
	} {
		_, _, err := DecodeMessage(batch)
		require.ErrorIs(t, err, ErrBadBatch, name)
	}
}

func TestDecodedBytesCannotGrowIntoTheBatch(t *testing.T) {
	m := samples()[0]
	got, _, err := DecodeMessage(AppendMessage(nil, &m))
	require.NoError(t, err)
	for _, e := range got.Entries {
		require.Equal(t, len(e.Key), cap(e.Key))
		require.Equal(t, len(e.Value), cap(e.Value))
	}
}

// entryOverhead and an item's are promises to whoever bounds a batch.
func TestOverheadBoundsTheEncodedSize(t *testing.T) {
	most := Entry{Epoch: math.MaxUint64, Number: math.MaxUint64, Kind: EntryPut, TTL: math.MaxInt64, Version: math.MaxUint64, Value: make([]byte, 1<<21),
		Body: math.MaxUint64, ID: EntryID{math.MaxUint64, math.MaxUint64, math.MaxUint64}, Outcome: Outcome{Version: math.MaxUint64, Value: make([]byte, 1<<21)}}
	one := Message{Kind: MsgAppend, Entries: []Entry{most}}
	none := Message{Kind: MsgAppend}
	require.LessOrEqual(t, len(AppendMessage(nil, &one))-len(AppendMessage(nil, &none)), most.size())
	item := Item{Value: make([]byte, 1<<21), Version: math.MaxUint64, TTL: math.MaxInt64}
	one, none = Message{Kind: MsgFill, Items: []Item{item}}, Message{Kind: MsgFill}
	require.LessOrEqual(t, len(AppendMessage(nil, &one))-len(AppendMessage(nil, &none)), item.size())
}

// FuzzDecodeMessage: a decoder never panics, takes no more memory than a small
// multiple of its input, and what it accepts means the same once encoded.
func FuzzDecodeMessage(f *testing.F) {
	for _, m := range samples() {
		f.Add(AppendMessage(nil, &m))
	}
	f.Fuzz(func(t *testing.T, batch []byte) {
		m, rest, err := DecodeMessage(batch)
		if err != nil {
			if !errors.Is(err, ErrBadBatch) {
				t.Fatalf("another error: %v", err)
			}
			return
		}
		if len(rest) >= len(batch) {
			t.Fatal("nothing was consumed")
		}
		taken := cap(m.Entries)*int(unsafe.Sizeof(Entry{})) + cap(m.Items)*int(unsafe.Sizeof(Item{})) + cap(m.Records)*int(unsafe.Sizeof(Record{}))
		if taken > 32*len(batch) {
			t.Fatalf("%d bytes for a batch of %d", taken, len(batch))
		}
		again := AppendMessage(nil, &m)
		if len(again) > len(batch)-len(rest) {
			t.Fatal("the encoding is not the shortest")
		}
		second, left, err := DecodeMessage(again)
		if err != nil || len(left) != 0 {
			t.Fatalf("what was decoded does not decode again: %v", err)
		}
		if !bytes.Equal(AppendMessage(nil, &second), again) {
			t.Fatal("the message changed")
		}
	})
}
