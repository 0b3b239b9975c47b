package replica

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

// Schedules that the simulation found, written out.

func TestReadOfAnExpiredValueDoesNotOvertakeTheWriteThatFoundItAlive(t *testing.T) {
	l := newLab(t)
	l.pair()
	l.putFor(nodeA, "first", "k", "a", time.Second)
	l.settle()
	l.do(nodeA, Op{Kind: OpPut, Key: []byte("k"), Value: []byte("b"), Old: true, Tag: "swap"})
	l.now += store.Instant(time.Second)
	l.refresh()
	l.get(nodeA, "get", "k")
	l.open("swap")
	l.open("get")
	l.settle()
	require.Equal(t, "a", string(l.answer("swap").Value))
	got := l.answer("get")
	require.True(t, got.Found, "b was put before the read, or the swap would have found nothing")
	require.Equal(t, "b", string(got.Value))
}
