package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/membership"
)

func TestDefaultMoveRateIsHalfOfTheLink(t *testing.T) {
	m := machine{
		root: files(map[string]string{
			"sys/class/net/eth0/speed":          "100\n",
			"sys/class/net/eth0/device/uevent":  "",
			"sys/class/net/eth1/speed":          "1000\n",
			"sys/class/net/eth1/device/uevent":  "",
			"sys/class/net/docker0/speed":       "10\n",
			"sys/class/net/wlan0/speed":         "-1\n",
			"sys/class/net/wlan0/device/uevent": "",
		}),
		linkOf: func(ip string) string {
			return map[string]string{"10.0.0.1": "eth0", "10.0.0.2": "eth1", "10.0.0.3": "wlan0"}[ip]
		},
	}
	tests := []struct {
		about           string
		profile         membership.Profile
		bind, advertise string
		want            int64
	}{
		{"the advertised address's link", "lan", "0.0.0.0", "10.0.0.2", 62_500_000},
		{"else the bound address's", "lan", "10.0.0.1", "", 6_250_000},
		{"else the slowest that has a device", "lan", "0.0.0.0", "", 6_250_000},
		{"Wi-Fi does not tell", "wifi", "0.0.0.0", "10.0.0.3", 2_000_000},
		{"an address of no link", "lan", "0.0.0.0", "192.0.2.1", 50_000_000},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			require.Equal(t, tt.want, m.defaultMoveRate(tt.profile, tt.bind, tt.advertise))
		})
	}
	require.Equal(t, int64(50e6), machine{root: files(nil)}.defaultMoveRate("lan", "", ""), "nothing known")
}

func TestLinkOfLoopback(t *testing.T) {
	require.NotEmpty(t, linkOf("127.0.0.1"))
	require.Empty(t, linkOf("192.0.2.1"))
}
