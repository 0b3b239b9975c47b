package stage

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench"
	"pikv/client"
)

// remembers is a store that knows which keys it was asked for.
type remembers map[string]int

func (r remembers) Get(_ context.Context, key string) ([]byte, error) {
	r[key]++
	return nil, nil
}

func (r remembers) Put(_ context.Context, key string, _ []byte, _ ...client.PutOption) (uint64, error) {
	r[key]++
	return 0, nil
}

func TestEachWorkerHasAsManyKeys(t *testing.T) {
	owner := func(key string) int { return int(key[len(key)-1]-'0') % 4 } // 0 and 1 have more than the others
	r := remembers{}
	stores, err := Choose([]bench.Store{r}, 64, 4, owner)
	require.NoError(t, err)
	w := bench.Workload{Keys: 64, Prefix: "study:"}
	for i := range 64 {
		_, err := stores[0].Get(t.Context(), w.Key(i))
		require.NoError(t, err)
		_, err = stores[0].Put(t.Context(), w.Key(i), nil)
		require.NoError(t, err)
	}
	var each [4]int
	for key, n := range r {
		require.Equal(t, 2, n)
		each[owner(key)]++
	}
	require.Equal(t, [4]int{16, 16, 16, 16}, each)
	for _, none := range []string{w.Key(64), "study:x"} {
		_, err = stores[0].Get(t.Context(), none)
		require.ErrorContains(t, err, none)
		_, err = stores[0].Put(t.Context(), none, nil)
		require.ErrorContains(t, err, none)
	}
	_, err = Choose(nil, 64, 4, func(key string) int { return min(owner(key), 2) })
	require.ErrorContains(t, err, "worker 4 of 4")
	require.Len(t, r, 64, fmt.Sprint(r))
}
