package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRanges(t *testing.T) {
	var odd []uint16
	for i := range uint16(20) {
		odd = append(odd, 2*i+1)
	}
	for _, c := range []struct {
		ids  []uint16
		want string
	}{
		{nil, "partitions "},
		{[]uint16{7}, "partition 7"},
		{[]uint16{7, 8}, "partitions 7, 8"},
		{[]uint16{9, 1, 7, 8, 9}, "partitions 1, 7-9"},
		{[]uint16{0, 1, 2, 4, 6, 7}, "partitions 0-2, 4, 6, 7"},
		{odd, "partitions 1, 3, 5, 7, 9, 11, 13, 15 and 12 more"},
		{[]uint16{1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 20, 21, 22}, "partitions 1, 2, 4, 5, 7, 8, 10, 11 and 5 more"},
	} {
		require.Equal(t, c.want, partitions(c.ids))
	}
}

func TestLong(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0 s", 1234 * time.Millisecond: "1.2 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min 1 s",
		90 * time.Minute: "1 h 30 min", 50 * time.Hour: "2 d 2 h",
	} {
		require.Equal(t, want, long(d))
	}
}

func TestNames(t *testing.T) {
	require.Equal(t, "", names(nil))
	require.Equal(t, "a", names([]string{"a"}))
	require.Equal(t, "a, b and c", names([]string{"a", "b", "c"}))
}
