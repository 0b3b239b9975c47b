package replica

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/store"
)

// What PutAtOnce does is what Do does, and where Do has more to do it does nothing.
func TestAPutAtOnceIsAPut(t *testing.T) {
	l := newLab(t)
	l.adopt(nodeA, config(1, nodeA, incs{nodeA}))
	l.settle()
	core := l.cores[nodeA]
	require.True(t, core.PutAtOnce(l.now, []byte("k"), []byte("v"), 0))
	l.put(nodeA, "second", "other", "w")
	require.Equal(t, Number(2), l.answer("second").Version, "it has taken a number")
	require.True(t, core.PutAtOnce(l.now, []byte("k"), []byte("x"), time.Second))
	item, found, ok := core.Get(l.now, []byte("k"), 0)
	require.True(t, ok && found)
	require.Equal(t, "x", string(item.Value))
	require.Equal(t, uint64(3), item.Version)
	require.Equal(t, l.now+store.Instant(time.Second), item.Deadline)
	used := core.memory.Used()
	require.Equal(t, core.engine.Bytes(), used, "nothing stays reserved")
	require.False(t, core.PutAtOnce(l.now, []byte("large"), make([]byte, 2<<20), 0), "there is no room")
	require.Equal(t, used, core.memory.Used())

	l.adoptAll(config(2, nodeA, incs{nodeA, nodeB}))
	require.False(t, core.PutAtOnce(l.now, []byte("k"), []byte("y"), 0), "a backup has to have it, too")
	require.False(t, l.cores[nodeB].PutAtOnce(l.now, []byte("k"), []byte("y"), 0), "it is no primary")
}
