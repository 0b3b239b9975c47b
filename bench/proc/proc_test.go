package proc

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestResidentMemory(t *testing.T) {
	bytes, err := parseResident("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nRssAnon:\t  1 kB\n")
	require.NoError(t, err)
	require.Equal(t, int64(1<<20), bytes)
	for _, status := range []string{"Name:\tx\n", "VmRSS:\t12 MB\n", "VmRSS:\tmuch kB\n"} {
		_, err := parseResident(status)
		require.Error(t, err, status)
	}
}

func TestStolenTime(t *testing.T) {
	before, err := parseSteal("cpu  100 0 50 800 10 0 0 40 70 0\ncpu0 1 2\n")
	require.NoError(t, err)
	after, err := parseSteal("cpu  150 0 60 830 10 0 0 50 120 0\n")
	require.NoError(t, err)
	require.InDelta(t, 10.0, after.Since(before), 1e-9, "guests count once, as user time")
	require.InDelta(t, 30.0, after.IdleSince(before), 1e-9)
	require.Zero(t, before.Since(before))
	require.Equal(t, time.Second, after.TotalSince(before))
	for ticks, want := range map[string]float64{"40": 0, "41": 0, "42": 50} { // of a repeat of 20 ms on two processors
		short, err := parseSteal("cpu  " + map[string]string{"40": "104", "41": "103", "42": "102"}[ticks] + " 0 50 800 10 0 0 " + ticks + " 70 0\n")
		require.NoError(t, err)
		require.InDelta(t, want, short.SurelySince(before), 1e-9, "a tick alone tells nothing")
	}
	for _, stat := range []string{"", "cpu 1 2 3\n", "cpu0 1 2 3 4 5 6 7 8 9 10\n", "cpu  100 0 x 800 10 0 0 40 70 0\n"} {
		_, err := parseSteal(stat)
		require.Error(t, err, stat)
	}
}

// TestThisProcess reads the real files.
func TestThisProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc")
	}
	cpu, err := CPU(os.Getpid())
	require.NoError(t, err)
	require.GreaterOrEqual(t, cpu, time.Duration(0))
	bytes, err := Resident(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, bytes, int64(1<<20))
	_, err = ReadSteal()
	require.NoError(t, err)
	const nobody = 1 << 30
	_, err = CPU(nobody)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Resident(nobody)
	require.ErrorIs(t, err, os.ErrNotExist)
}
