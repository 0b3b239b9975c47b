package hosts

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/testcluster/netns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestNetnsHostsBootAndComeBack: two hosts are two computers, and what one has written
// survives its power cut, as on a disk.
func TestNetnsHostsBootAndComeBack(t *testing.T) {
	lab, keys := netns.New(t), NewKeys(t)
	both := New(t, lab, keys, Image{}, "pi1", "pi2")
	a, b := both[0], both[1]
	require.Equal(t, "pi1\n", a.Run("hostname"))
	require.NotEqual(t, a.Run("cat /etc/machine-id"), b.Run("cat /etc/machine-id"))
	require.Contains(t, a.Run("ip -4 -o addr show eth0"), a.Addr+"/")
	a.Run("ssh -V; echo kept >/root/note; systemd-run --unit=note sleep 1000")
	require.Contains(t, a.Run("systemctl is-active note"), "active")
	_, err := b.Try(t.Context(), "systemctl is-active note")
	require.Error(t, err, "the other host has units of its own")

	boot := a.Run("cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1")
	a.PowerCut()
	a.PowerCut()
	_, err = a.Try(t.Context(), "true")
	require.Error(t, err)
	require.Equal(t, "pi2\n", b.Run("hostname"), "the other one is still on")
	a.Boot()
	require.Equal(t, "kept\n", a.Run("cat /root/note"))
	require.NotEqual(t, boot, a.Run("cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1"))
	require.False(t, strings.Contains(a.Run("systemctl list-units --all note.service"), "running"))
	a.Halt()
	a.Boot()
}
