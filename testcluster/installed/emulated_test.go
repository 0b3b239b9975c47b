package installed

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/hosts"
	"pikv/testcluster/need"
	"pikv/testcluster/netns"
)

// TestNetnsThePackageOnAnEmulatedPi: the arm64 package on a host of which every program is
// arm64's, from a bare host to one that is both master and worker, and to a bare one again.
func TestNetnsThePackageOnAnEmulatedPi(t *testing.T) {
	need.Emulation(t)
	deb := build(t, "arm64", "deb", older)
	lab, keys := netns.New(t), hosts.NewKeys(t)
	pi := hosts.New(t, lab, keys, hosts.Image{Arch: "arm64"}, "pi1")[0]
	t.Cleanup(func() { // it is still on then
		if t.Failed() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			log, _ := pi.Try(ctx, "systemctl --failed --no-pager; journalctl --no-pager -n 60 -u pikv-worker -u pikv-master")
			t.Log(log)
		}
	})
	require.Equal(t, "arm64 aarch64 running\n", pi.Run("echo $(dpkg --print-architecture) $(uname -m) $(systemctl is-system-running)"))
	bare := pi.Run(everything)

	pi.Copy(deb, "/root/pikv.deb")
	require.Contains(t, pi.Run("apt-get install -y /root/pikv.deb 2>&1"), "systemctl enable --now pikv-worker")
	for _, program := range []string{"pikv", "pikvd"} {
		require.Equal(t, "7f454c46 b7\n", pi.Run("echo $(od -An -tx1 -N4 /usr/bin/"+program+" | tr -d ' ') $(od -An -tx1 -j18 -N1 /usr/bin/"+program+")"), "%s is an ELF for aarch64", program)
		require.Contains(t, pi.Run(program+" version"), "linux/arm64")
	}

	// As docs/RASPBERRY-PI.md has it, but without multicast DNS: qemu has none of it.
	pi.Run("systemctl enable --now pikv-master 2>&1")
	pi.Run(strings.Join(append([]string{"set -e"}, stepsOf(t, "RASPBERRY-PI.md", "### A Pi that is both")...), "\n"))
	status := eventually(t, pi, "pikv status", "fully synced")
	require.Regexp(t, `(?m)^master +pi1 at `+pi.Addr+`:7700, version `+older+`$`, status)
	require.Regexp(t, `(?m)^pi1-worker +worker +active `, status)
	for _, unit := range []string{"pikv-master", "pikv-worker"} {
		require.Equal(t, "active serving\n", pi.Run("echo $(systemctl is-active "+unit+") $(systemctl show -P StatusText "+unit+")"))
		require.Contains(t, pi.Run("journalctl --no-pager -o cat -u "+unit), "linux/arm64")
		sandboxed(t, pi, unit)
	}
	pi.Run("pikv put greeting 'good morning'")
	require.Equal(t, "good morning", pi.Run("pikv get greeting"))

	// What it has is gone with its only worker; the master's table survives both.
	pi.Run("systemctl restart pikv-master pikv-worker")
	eventually(t, pi, "pikv partition reset --all-lost --yes >/dev/null; pikv put again here && pikv get again", "here")
	pi.Run("systemctl stop pikv-worker pikv-master")
	require.Equal(t, "success\n", pi.Run("systemctl show -P Result pikv-master"))

	pi.Run("systemctl start pikv-master pikv-worker")
	pi.Run("apt-get remove -y pikv 2>&1")
	require.Equal(t, "inactive inactive\n", pi.Run("echo $(systemctl is-active pikv-master pikv-worker)"))
	require.Contains(t, pi.Run("ls /etc/pikv"), "worker.yaml")
	require.NotEmpty(t, pi.Run("ls /var/lib/private/pikv"), "the table stays")
	pi.Run("apt-get purge -y pikv 2>&1")
	require.Empty(t, difference(bare, pi.Run(everything)), "after a purge")
	require.NotContains(t, pi.Run("systemctl list-units --all --no-pager 'pikv*'"), "pikv-")
	pi.Halt()
}

// sandboxed checks that the unit's process is fenced in as far as an emulated one can be: see
// testcluster/hosts/emulation.go.
func sandboxed(t *testing.T, h *hosts.Host, unit string) {
	t.Helper()
	process := "/proc/$(systemctl show -P MainPID " + unit + ")"
	require.NotContains(t, h.Run("stat -c %U "+process), "root")
	status := h.Run("cat " + process + "/status")
	require.Regexp(t, `(?m)^CapBnd:\s+0+$`, status)
	require.Regexp(t, `(?m)^NoNewPrivs:\s+1$`, status)
	mounts := h.Run("cat " + process + "/mounts")
	require.Regexp(t, `(?m)^\S+ / \S+ ro`, mounts, "ProtectSystem=strict")
	require.Regexp(t, `(?m)^\S+ /home \S+ ro`, mounts, "ProtectHome=yes")
}
