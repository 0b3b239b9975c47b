package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSizesAndRanges(t *testing.T) {
	for text, want := range map[string]Sizes{"0": {0, 0}, "128": {128, 128}, "64-192": {64, 192}, "5-5": {5, 5}} {
		got, err := ParseSizes(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	require.Equal(t, "64-192", Sizes{64, 192}.String())
	require.Equal(t, "128", Sizes{128, 128}.String())
	for _, text := range []string{"", "-", "-1", "1-", "-5-9", "a", "1k", "64 - 192", "1-2-3", "+5", "99999999999"} {
		_, err := ParseSizes(text)
		require.ErrorContains(t, err, "is neither a number of bytes nor a range", text)
	}
	_, err := ParseSizes("192-64")
	require.ErrorContains(t, err, "the wrong way round")
}
