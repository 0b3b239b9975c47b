package replica

import (
	"strings"
	"testing"
)

// FuzzReceive: whatever a node sends, in the very epoch in force, no core
// panics and no log is torn.
func FuzzReceive(f *testing.F) {
	for _, m := range samples() {
		f.Add(AppendMessage(nil, &m))
	}
	for _, m := range []Message{
		{Kind: MsgAck, Prev: 2, PrevEpoch: 4, Done: true},
		{Kind: MsgAck, From: 1 << 60},
		{Kind: MsgFill, Prev: 1 << 63, From: 0, Done: true},
		{Kind: MsgAppend, Prev: 1<<64 - 1, Commit: 1 << 63},
		{Kind: MsgAppend, Prev: 1, PrevEpoch: 3, Start: 1, Commit: 9, Entries: []Entry{
			{Epoch: 4, Number: 2, Kind: EntryGroup, Value: parts(samplesOfParts()...)},
			{Epoch: 4, Number: 3, Kind: EntryCopy, Key: []byte("d"), Value: []byte("k"), TTL: 1},
			{Epoch: 4, Number: 4, Kind: EntryCopy, Key: []byte("absent")},
		}},
	} {
		f.Add(AppendMessage(AppendMessage(nil, &m), &m))
	}
	f.Fuzz(func(t *testing.T, batch []byte) {
		l := newLab(t)
		l.pair()
		l.put(nodeA, "committed", "k", strings.Repeat("v", 50))
		l.settle()
		l.adoptAll(config(4, nodeA, incs{nodeA, nodeB}, nodeC))
		l.round()
		l.put(nodeA, "pending", "k", "w")
		for n := 0; len(batch) > 0 && n < 50; n++ {
			m, rest, err := DecodeMessage(batch)
			if err != nil {
				return
			}
			batch = rest
			m.Epoch, m.Partition = 4, 0
			for _, from := range everyone {
				for _, to := range everyone {
					l.cores[to].Receive(l.now, from, &m, &l.out)
					l.out.Reset()
					log := &l.cores[to].log
					if log.base > log.commit || log.commit > log.last || Number(len(log.entries)) != log.last-log.base {
						t.Fatalf("log from %d to %d to %d with %d entries", log.base, log.commit, log.last, len(log.entries))
					}
				}
			}
			for _, inc := range everyone {
				l.cores[inc].FillChunk(l.now, &l.out)
				l.tick(inc)
				l.out.Reset()
			}
		}
	})
}
