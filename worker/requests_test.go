package worker

import (
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/wire"
)

// counted returns what was counted of all partitions, and forgets it.
func counted(w *Worker) (sum [kinds]int) {
	for i := range w.table.Load().partitions {
		p := &w.table.Load().partitions[i]
		p.mu.Lock()
		for k, n := range p.asked {
			sum[k] += int(n)
		}
		p.asked = requests{}
		p.mu.Unlock()
	}
	return sum
}

// Each key that a client asks for counts once, as what it is, at either door.
func TestRequestsAreCounted(t *testing.T) {
	w, conn := owner(t, Config{})
	call := func(method string, params []byte) {
		_, err := ask(t, conn, method, params, func(d *wire.Decoder) []byte { return d.Raw() })
		require.NoError(t, err)
	}
	k, v, none := []byte("k"), []byte("v"), wire.Options{}
	many := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	for _, c := range []struct {
		method string
		params []byte
		want   [kinds]int
	}{
		{wire.MethodPut, wire.AppendPut(nil, k, v, none), [kinds]int{0, 1, 0}},
		{wire.MethodPut, wire.AppendPut(nil, k, v, wire.Options{If: wire.IfPresent}), [kinds]int{0, 1, 0}},
		{wire.MethodGet, wire.AppendGet(nil, k, none), [kinds]int{1, 0, 0}},
		{wire.MethodGet, wire.AppendGet(nil, []byte("absent"), none), [kinds]int{1, 0, 0}},
		{wire.MethodGetSet, wire.AppendGetSet(nil, k, v, none), [kinds]int{0, 1, 0}},
		{wire.MethodIncr, wire.AppendIncr(nil, []byte("n"), 1, none), [kinds]int{0, 1, 0}},
		{wire.MethodMPut, wire.AppendMPut(nil, []wire.Pair{{Key: k, Value: v}, {Key: many[0], Value: v}}, none), [kinds]int{0, 2, 0}},
		{wire.MethodMGet, wire.AppendMGet(nil, many, none), [kinds]int{3, 0, 0}},
		{wire.MethodMDel, wire.AppendMDel(nil, many, none), [kinds]int{0, 0, 3}},
		{wire.MethodDel, wire.AppendDel(nil, many...), [kinds]int{0, 0, 3}},
	} {
		call(c.method, c.params)
		require.Equal(t, c.want, counted(w), c.method)
	}
}

func TestRequestsOfRedisClientsAreCounted(t *testing.T) {
	w := redisWorker(t, Config{})
	c := dialRedis(t, w)
	for _, x := range []struct {
		args []string
		want [kinds]int
	}{
		{[]string{"SET", "k", "v"}, [kinds]int{0, 1, 0}},
		{[]string{"SET", "k", "v", "XX"}, [kinds]int{0, 1, 0}},
		{[]string{"GET", "k"}, [kinds]int{1, 0, 0}},
		{[]string{"GET", "absent"}, [kinds]int{1, 0, 0}},
		{[]string{"STRLEN", "k"}, [kinds]int{1, 0, 0}},
		{[]string{"APPEND", "k", "w"}, [kinds]int{0, 1, 0}},
		{[]string{"MSET", "{t}a", "1", "{t}b", "2"}, [kinds]int{0, 2, 0}},
		{[]string{"MGET", "{t}a", "{t}b", "{t}c"}, [kinds]int{3, 0, 0}},
		{[]string{"DEL", "{t}a", "{t}b"}, [kinds]int{0, 0, 2}},
		{[]string{"UNLINK", "absent"}, [kinds]int{0, 0, 1}},
		{[]string{"GETDEL", "k"}, [kinds]int{0, 0, 1}},
		{[]string{"PING"}, [kinds]int{}},
	} {
		c.Do(x.args...)
		require.Equal(t, x.want, counted(w), x.args)
	}
}

// A node has a partition of each of the cluster's, whatever it holds of it: an empty
// one takes no more than 1 KiB, with what hangs on its core when there is a backup.
func TestAPartitionIsSmall(t *testing.T) {
	const backup = 128 + 8 // see replica's test
	size := unsafe.Sizeof(partition{})
	t.Logf("%d bytes", size)
	require.LessOrEqual(t, size+backup, uintptr(1024))
}

// The keys that a sample is taken of are so many, and of every partition.
func TestKeysAreSampled(t *testing.T) {
	w := newTestWorker(t)
	require.NoError(t, w.follower.adopt(replyWith(testView(t, w, 7))))
	ask := func(key string, n int) {
		p := &w.table.Load().partitions[placement.PartitionOf([]byte(key), 16)]
		p.mu.Lock()
		defer p.mu.Unlock()
		for range n {
			w.countLocked(p, reading, []byte(key))
		}
	}
	for range 100 {
		ask("hot", 2000)
		for _, other := range []string{"a", "b", "c", "d"} {
			ask(other, 500)
		}
	}
	hot := w.hot.Hottest(1, 400_000/sampleEvery*9/10)
	require.Len(t, hot, 1, "too few were sampled")
	require.Empty(t, w.hot.Hottest(1, 400_000/sampleEvery*11/10), "too many were sampled")
	require.Equal(t, "hot", string(hot[0].Key))
	require.InDelta(t, 0.48, hot[0].Share, 0.03)
}
