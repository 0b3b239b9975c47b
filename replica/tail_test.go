package replica

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// tailOf has entries from base+1 to last, of ten bytes of value each, those
// up to commit committed. The epoch of entry n is n/10+1.
func tailOf(base, commit, last Number) *tail {
	t := &tail{base: base, commit: base, last: base}
	t.baseEpoch = epochOfNumber(base)
	t.lastEpoch = t.baseEpoch
	for n := base + 1; n <= last; n++ {
		t.push(Entry{Epoch: epochOfNumber(n), Number: n, Kind: EntryPut, Value: make([]byte, 10)})
	}
	t.commit = commit
	return t
}

func epochOfNumber(n Number) placement.Epoch { return placement.Epoch(n/10 + 1) }

func TestTailKnowsTheEpochsItReachesBackTo(t *testing.T) {
	log := tailOf(8, 12, 21)
	for n := range Number(30) {
		got, ok := log.epochOf(n)
		require.Equal(t, n >= 8 && n <= 21, ok, "entry %d", n)
		if ok {
			require.Equal(t, epochOfNumber(n), got, "entry %d", n)
		}
	}
	_, ok := log.epochOf(1<<64 - 1)
	require.False(t, ok)
}

func TestTailForgetsOnlyWhatItIsToldTo(t *testing.T) {
	log := tailOf(0, 15, 20)
	size := log.bytes
	log.trim(0)
	require.Equal(t, size, log.bytes)
	log.trim(12)
	log.trim(5) // earlier than its base
	require.Equal(t, Number(12), log.base)
	require.Equal(t, epochOfNumber(12), log.baseEpoch)
	require.Equal(t, size/20*8, log.bytes)
	require.Equal(t, Number(13), log.at(13).Number)
	require.Equal(t, Number(20), log.last)
	log.commit = 20
	log.trim(20)
	require.Zero(t, log.bytes)
	require.Nil(t, log.entries, "an empty tail takes no memory")
	log.push(Entry{Epoch: 9, Number: 21})
	require.Equal(t, Number(21), log.at(21).Number)
}

func TestTailSkipsWhatNobodyNeeds(t *testing.T) {
	log := &tail{}
	log.skip(&Entry{Epoch: 4, Number: 1})
	log.skip(&Entry{Epoch: 5, Number: 2})
	require.Equal(t, tail{base: 2, commit: 2, last: 2, baseEpoch: 5, lastEpoch: 5}, *log)
}

func TestTailRunHasAtLeastOneEntryAndKeepsTheLimit(t *testing.T) {
	log := tailOf(10, 10, 20)
	size := log.at(11).size()
	require.Len(t, run(log, 11, 0), 1)
	require.Len(t, run(log, 11, 3*size), 3)
	require.Len(t, run(log, 11, 4*size-1), 3)
	require.Len(t, run(log, 19, 100*size), 2)
	require.Equal(t, Number(19), run(log, 19, 0)[0].Number)
}

func TestTailWithin(t *testing.T) {
	log := tailOf(10, 10, 20)
	size := log.at(11).size()
	require.True(t, log.within(10, 10*size))
	require.False(t, log.within(10, 10*size-1))
	require.True(t, log.within(17, 3*size))
	require.True(t, log.within(20, 0))
}

// BenchmarkWriteBesideALaggard: a write costs the same however much a learner
// lacks.
func BenchmarkWriteBesideALaggard(b *testing.B) {
	for _, lacks := range []Number{10, 100_000} {
		b.Run(map[bool]string{true: "near", false: "far"}[lacks == 10], func(b *testing.B) {
			log := tailOf(0, 0, lacks)
			for b.Loop() {
				log.within(0, 64<<10)
			}
		})
	}
}

func run(t *tail, n Number, limit int) []Entry {
	_, entries := t.run(n, limit, nil)
	return entries
}
