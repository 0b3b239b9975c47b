package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "4096": 4096, "17b": 17, "512MB": 512e6, "512 mb": 512e6,
		"1GiB": 1 << 30, "1.5GiB": 3 << 29, "64kib": 64 << 10, "2TB": 2e12,
	} {
		got, err := parseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "M", "1G", "-1MB", "1e3", "1..2MB", "inf", "1MBB", "99999999TB", "50%", "½GB"} {
		_, err := parseSize(text)
		require.ErrorIs(t, err, errSize, text)
	}
}

func TestParseMemoryTakesAShareOfTheRAM(t *testing.T) {
	got, err := parseMemory("50%", 4<<30)
	require.NoError(t, err)
	require.Equal(t, int64(2<<30), got)

	got, err = parseMemory("1GiB", 0)
	require.NoError(t, err)
	require.Equal(t, int64(1<<30), got)

	for _, text := range []string{"%", "101%", "-5%", "x%"} {
		_, err := parseMemory(text, 4<<30)
		require.ErrorContains(t, err, "percentage", text)
	}
	_, err = parseMemory("50%", 0)
	require.ErrorContains(t, err, "does not tell how much RAM")
}

func TestFormatSize(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 64 << 20: "64 MiB", 5 << 30: "5 GiB"} {
		require.Equal(t, want, formatSize(bytes))
	}
}
