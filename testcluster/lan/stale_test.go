package lan

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIsStale(t *testing.T) {
	mine, err := ownerOf(os.Getpid())
	require.NoError(t, err)
	require.False(t, isStale(mine+"1.switch"), "this process lives")
	require.True(t, isStale(strings.TrimSuffix(mine, ".")+"0.1.switch"), "its number, another start")
	require.True(t, isStale(mark+"4194305.1.1.switch"), "no process has so high a number")
	require.False(t, isStale("pi1"), "not ours")
	require.False(t, isStale(mark+"x"), "not ours either")
}
