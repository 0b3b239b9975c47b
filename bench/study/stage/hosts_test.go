package stage

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

func TestWhatAComputerSaysOfItself(t *testing.T) {
	require.Equal(t, study.Host{Name: "pi1", Model: "Raspberry Pi 2 Model B Rev 1.1", Kernel: "6.6.51+rpt-rpi-v7", MHz: 900, Throttled: "0x50000"},
		parseHost("pi1", "model=Raspberry Pi 2 Model B Rev 1.1\nkernel=6.6.51+rpt-rpi-v7\nkhz=900000\nthrottled=0x50000\n"))
	require.Equal(t, study.Host{Name: "pi1", Model: "AMD EPYC", Kernel: "6.1"}, parseHost("pi1", "model=AMD EPYC\nkernel=6.1\nkhz=\n"))
	require.Equal(t, study.Host{Name: "pi1"}, parseHost("pi1", ""))

	asked := hostsAsked{}
	asked.add("m", "127.0.0.1:1")
	asked.add("w1", "127.0.0.1:2")
	asked.add("far", "192.0.2.1:7700")
	got := asked.ask(t.Context())
	require.Len(t, got, 2)
	require.NotEmpty(t, got[0].Kernel)
	require.Equal(t, study.Host{Name: "far"}, got[1], "nobody can get there")
	asked.user = "pi"
	require.Contains(t, asked.command("192.0.2.1"), "pi@192.0.2.1")
}

func TestAThrottledComputerIsTold(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"0x0", "0x0", ""},
		{"", "", ""},
		{"0x50000", "0x50000", ""}, // long ago
		{"0x0", "0x40000", "pi was throttled (0x40000)"},
		{"0x0", "0x50005", "pi was short of power, throttled (0x50005)"},
		{"0x4", "0x40000", "pi was throttled (0x40000)"},
		{"0x10000", "0x90008", "pi was too hot (0x90008)"},
		{"0x0", "", ""}, // it does not answer any more
	} {
		require.Equal(t, c.want, throttledSince([]study.Host{{Name: "pi", Throttled: c.before}}, []study.Host{{Name: "pi", Throttled: c.after}}), c)
	}
}
