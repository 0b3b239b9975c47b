package client_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
)

// BenchmarkGet measures the client together with the test cluster's nodes,
// which are slower than real ones: watch the allocations.
func BenchmarkGet(b *testing.B) {
	c := clienttest.New(b, 3, 64)
	cl, err := client.New(b.Context(), []string{c.Master.Addr})
	require.NoError(b, err)
	defer cl.Close()
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = fmt.Sprint("key-", i)
		_, err := cl.Put(b.Context(), keys[i], make([]byte, 128))
		require.NoError(b, err)
	}
	b.SetParallelism(8)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := cl.Get(b.Context(), keys[i%len(keys)]); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkPut is BenchmarkGet for writes, which carry names.
func BenchmarkPut(b *testing.B) {
	c := clienttest.New(b, 3, 64)
	cl, err := client.New(b.Context(), []string{c.Master.Addr})
	require.NoError(b, err)
	defer cl.Close()
	keys := make([]string, 100)
	for i := range keys {
		keys[i] = fmt.Sprint("key-", i)
	}
	value := make([]byte, 128)
	b.SetParallelism(8)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if _, err := cl.Put(b.Context(), keys[i%len(keys)], value); err != nil {
				b.Error(err)
			}
		}
	})
}
