package main

import (
	"math"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// files makes a root file system of texts by path.
func files(texts map[string]string) fstest.MapFS {
	root := fstest.MapFS{}
	for name, text := range texts {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

func TestRAMIsTheLowestLimitThatHolds(t *testing.T) {
	const meminfo = "MemTotal:        8000000 kB\nMemFree:         1000 kB\n"
	tests := []struct {
		about string
		files map[string]string
		want  int64
	}{
		{"unknown system", nil, 0},
		{"a plain machine", map[string]string{"proc/meminfo": meminfo}, 8000000 << 10},
		{"version 2, limited two groups up", map[string]string{
			"proc/meminfo":                 meminfo,
			"proc/self/cgroup":             "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "max\n",
			"sys/fs/cgroup/a/memory.max":   "1073741824\n",
		}, 1 << 30},
		{"version 1 in a container that cannot see its own path", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "5:cpu:/x\n9:memory:/docker/1234\n0::/docker/1234\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "536870912\n",
		}, 512 << 20},
		{"version 1 without a limit", map[string]string{
			"proc/meminfo":     meminfo,
			"proc/self/cgroup": "9:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 8000000 << 10},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			require.Equal(t, tt.want, ramOf(files(tt.files)))
		})
	}
}

func TestDefaultMemory(t *testing.T) {
	require.Equal(t, int64(4<<30), machine{ram: 8 << 30, addressable: math.MaxInt64}.defaultMemory())
	require.Equal(t, int64(1<<30), machine{ram: 8 << 30, addressable: 2 << 30}.defaultMemory(), "a 32-bit process")
	require.Equal(t, int64(107<<20)/11*10, machine{ram: 427 << 20, addressable: 2 << 30}.defaultMemory(), "a Pi Zero, of whose 512 MiB the graphics have a part")
	require.Equal(t, int64(356<<20), machine{ram: 712 << 20, addressable: 2 << 30}.defaultMemory(), "half again")
	require.Equal(t, int64(32<<20), machine{ram: 256 << 20, addressable: 2 << 30}.defaultMemory(), "a container")
	require.Equal(t, int64(128<<20), machine{addressable: math.MaxInt64}.defaultMemory(), "unknown")
}

// TestTheDefaultFits: entries, which take a tenth more than they count for (what lies in the
// heap and counts is among them), requests, the process itself, and the system (in a
// container there is none).
func TestTheDefaultFits(t *testing.T) {
	for ram := int64(192 << 20); ram <= 16<<30; ram += 16 << 20 {
		m := testMachine(nil)
		m.ram = ram
		cfg, err := settle(m, "--role", "worker")
		require.NoError(t, err)
		system := int64(80 << 20)
		if ram < 400<<20 {
			system = 0
		}
		most := cfg.maxMemory + cfg.maxMemory/10 + cfg.inFlight() + processBase + system
		require.LessOrEqual(t, most, ram, "%d MiB of RAM, %d of entries", ram>>20, cfg.maxMemory>>20)
	}
}

func TestMostMemory(t *testing.T) {
	require.Equal(t, int64(1280<<20), machine{addressable: 2 << 30}.mostMemory(), "a 32-bit process")
	require.Greater(t, machine{addressable: math.MaxInt64}.mostMemory(), int64(1<<60))
}

func TestThisMachineKnowsItself(t *testing.T) {
	m := thisMachine()
	require.Positive(t, m.defaultMemory())
	require.LessOrEqual(t, m.defaultMemory(), m.addressable)
}
