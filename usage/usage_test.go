package usage

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 30662546586 1033415    0    0    0     0          0         0 30662546587 1033415    0    0    0     0       0          0
  eth0:18446744073709551615 7    0    0    0     0          0         0        42        3    0    0    0     0       0          0
broken: 1 2 3
`

func TestTheTableOfInterfaces(t *testing.T) {
	for name, want := range map[string]struct {
		in, out uint64
		ok      bool
	}{
		"lo":     {30662546586, 30662546587, true},
		"eth0":   {1<<64 - 1, 42, true},
		"eth":    {},
		"broken": {},
		"":       {},
	} {
		in, out, ok := parseNetwork(table, name)
		require.Equal(t, want.ok, ok, name)
		if ok {
			require.Equal(t, []uint64{want.in, want.out}, []uint64{in, out}, name)
		}
	}
}

func TestTheSystemTellsOfTheLoopback(t *testing.T) {
	if _, err := os.Stat("/proc/net/dev"); err != nil {
		t.Skip("no /proc/net/dev here")
	}
	_, _, ok := Network("lo")
	require.True(t, ok)
	_, _, ok = Network("no-such-interface")
	require.False(t, ok)
}

// A loop that takes processor time until the system says so.
func TestProcessorTimeGrows(t *testing.T) {
	user, system := Processor()
	if user+system == 0 {
		t.Skip("not known here")
	}
	for n := 0; ; n++ {
		if u, s := Processor(); u+s > user+system {
			require.GreaterOrEqual(t, u, user)
			require.GreaterOrEqual(t, s, system)
			return
		}
	}
}
