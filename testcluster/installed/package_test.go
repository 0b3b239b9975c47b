// Package installed tests the Debian package on hosts as its users have them. It has
// tests only.
package installed

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/testcluster/hosts"
	"pikv/testcluster/need"
	"pikv/testcluster/netns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long tests wait for what must happen: far beyond what it takes.
const soon = time.Minute

// The versions that the tests install, the second an upgrade of the first.
const (
	older = "0.0.1"
	newer = "0.0.2"
)

// build makes the package of this tree for a machine, in a format, deb or tar, under a
// version.
func build(t *testing.T, machine, format, version string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("../../packaging/build", dir)
	cmd.Env = append(os.Environ(), "MACHINES="+machine, "FORMATS="+format, "VERSION="+version)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(dir, map[string]string{"deb": "pikv_" + version + "_" + machine + ".deb", "tar": "pikv_" + version + "_linux_" + machine + ".tar.gz"}[format])
}

// eventually runs a line on a host until it prints a text.
func eventually(t *testing.T, h *hosts.Host, line, want string) string {
	t.Helper()
	deadline := time.Now().Add(soon)
	for {
		out, err := h.Try(t.Context(), line)
		if err == nil && strings.Contains(out, want) {
			return out
		}
		if time.Now().After(deadline) {
			log, _ := h.Try(context.Background(), "journalctl --no-pager -n 40 -u pikv-worker -u pikv-master")
			t.Fatalf("%s: `%s` does not say %q: %v %s\n%s", h.Name, line, want, err, out, log)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// everything lists what is on a host's disk, but for logs, caches, and what dpkg and apt know.
const everything = `find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/dpkg -o -path /var/lib/apt \
 -o -path /var/lib/systemd -o -path /root -o -path /dev -o -path /etc/ld.so.cache \) -prune -o -print | sort`

// install copies a package onto a host and installs it.
func install(t *testing.T, h *hosts.Host, deb string) string {
	t.Helper()
	h.Copy(deb, "/root/pikv.deb")
	return h.Run("dpkg -i /root/pikv.deb 2>&1")
}

// TestNetnsThePackage: from a bare host to one that serves, an upgrade, a power cut, a
// removal and a purge.
func TestNetnsThePackage(t *testing.T) {
	need.Hosts(t)
	first, second := build(t, "amd64", "deb", older), build(t, "amd64", "deb", newer)
	lab, keys := netns.New(t), hosts.NewKeys(t)
	both := hosts.New(t, lab, keys, hosts.Image{}, "pi1", "pi2")
	m, w := both[0], both[1]
	bare := w.Run(everything)

	// Nothing runs that nobody has asked for.
	for _, h := range []*hosts.Host{m, w} {
		require.Contains(t, install(t, h, first), "systemctl enable --now pikv-worker")
		for _, unit := range []string{"pikv-master", "pikv-worker"} {
			require.Equal(t, "inactive disabled\n", h.Run("echo $(systemctl is-active "+unit+") $(systemctl is-enabled "+unit+" 2>/dev/null)"))
		}
	}
	require.Contains(t, w.Run("pikvd version; pikvd --version; pikv --version"), "pikv "+older+" (commit ")
	require.Equal(t, "700 root\n", w.Run("stat -c '%a %U' /etc/pikv/secrets"))
	require.Empty(t, w.Run("systemd-analyze verify /lib/systemd/system/pikv-*.service 2>&1 | grep -i pikv | grep -v \"Command 'man\" || true"), "these hosts have no man")

	// A cluster of hosts that were told nothing.
	m.Run("systemctl enable --now pikv-master 2>&1")
	w.Run("systemctl enable --now pikv-worker 2>&1") // returns when it is ready
	for _, h := range []*hosts.Host{m, w} {
		for _, unit := range []string{"pikv-master", "pikv-worker"} {
			out := h.Run("systemd-analyze security --no-pager --threshold=20 " + unit)
			t.Logf("%s", out[strings.LastIndex(out, "→"):])
		}
	}
	eventually(t, w, "pikv put greeting 'good morning' && pikv get greeting", "good morning")
	require.Contains(t, m.Run("pikv status"), "pi2")
	require.NotContains(t, w.Run("ps -o user= -C pikvd 2>/dev/null || stat -c %U /proc/$(systemctl show -P MainPID pikv-worker)"), "root")
	require.Regexp(t, `LimitNOFILE=\d{5,}`, w.Run("systemctl show -p LimitNOFILE pikv-worker"))
	m.Run("test -s /var/lib/pikv/" + strings.TrimSpace(m.Run("ls /var/lib/pikv | grep -v lock | head -1")))

	// An upgrade leaves what runs alone, and says so.
	pid := w.Run("systemctl show -P MainPID pikv-worker")
	w.Run("echo 'max-memory: 64MiB' >>/etc/pikv/worker.yaml")
	require.Contains(t, install(t, w, second), "pikv-worker runs the version before this one until")
	require.Equal(t, pid, w.Run("systemctl show -P MainPID pikv-worker"))
	require.Contains(t, w.Run("tail -1 /etc/pikv/worker.yaml"), "64MiB", "what its owner has written stays")
	install(t, m, second)
	m.Run("systemctl restart pikv-master")
	eventually(t, w, "pikv get greeting && pikv status", "version "+newer)

	// A power cut: it is back without help, empty, since it was the only worker.
	w.PowerCut()
	w.Boot()
	eventually(t, w, "systemctl is-active pikv-worker", "active")
	eventually(t, w, "pikv status", "pi2")
	eventually(t, w, "pikv partition reset --all-lost --yes >/dev/null; pikv put after cut && pikv get after", "cut")
	eventually(t, m, "pikv status", "of 64")

	// A process that is killed is started again.
	w.Run("systemctl kill -s KILL pikv-worker")
	eventually(t, w, "systemctl show -p NRestarts --value pikv-worker; systemctl is-active pikv-worker", "1\nactive")

	// Removed, it has stopped, and what is its owner's is there.
	w.Run("dpkg -r pikv 2>&1")
	require.Contains(t, w.Run("systemctl is-active pikv-worker || true; ls /etc/pikv"), "inactive\n")
	require.Contains(t, w.Run("ls /etc/pikv"), "worker.yaml")
	w.Run("test ! -e /usr/bin/pikvd && test ! -e /etc/systemd/system/multi-user.target.wants/pikv-worker.service")
	m.Run("dpkg -r pikv 2>&1")
	require.NotEmpty(t, m.Run("ls /var/lib/private/pikv"), "the view stays")
	for _, h := range []*hosts.Host{m, w} {
		h.Run("dpkg -P pikv 2>&1")
		require.Empty(t, difference(bare, h.Run(everything)), "%s after a purge", h.Name)
		require.NotContains(t, h.Run("systemctl list-units --all --no-pager 'pikv*'"), "pikv-")
	}
}

// difference lists the lines that only one of two texts has.
func difference(a, b string) (lines []string) {
	has := func(text string) map[string]bool {
		set := make(map[string]bool)
		for line := range strings.Lines(text) {
			set[line] = true
		}
		return set
	}
	inA, inB := has(a), has(b)
	for line := range inA {
		if !inB[line] {
			lines = append(lines, "- "+line)
		}
	}
	for line := range inB {
		if !inA[line] {
			lines = append(lines, "+ "+line)
		}
	}
	return lines
}

// TestNetnsSecretsAndNeighbours: a gossip key that only root can read, a stop that hands
// over, and multicast DNS beside avahi and systemd-resolved.
func TestNetnsSecretsAndNeighbours(t *testing.T) {
	need.Hosts(t)
	deb := build(t, "amd64", "deb", older)
	lab, keys := netns.New(t), hosts.NewKeys(t)
	all := hosts.New(t, lab, keys, hosts.Image{}, "pi1", "pi2", "pi3")
	for _, h := range all {
		install(t, h, deb)
		h.Run("umask 077; echo MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= >/etc/pikv/secrets/gossip.key")
		for _, role := range []string{"master", "worker"} {
			h.Run("echo 'gossip-key-file: /run/credentials/pikv-" + role + ".service/secrets_gossip.key' >>/etc/pikv/" + role + ".yaml")
		}
	}
	m, a, b := all[0], all[1], all[2]
	for _, h := range []*hosts.Host{m, a} {
		h.Run("systemctl start avahi-daemon")
	}
	b.Run("mkdir -p /etc/systemd/resolved.conf.d && printf '[Resolve]\\nMulticastDNS=yes\\n' >/etc/systemd/resolved.conf.d/mdns.conf && systemctl start systemd-resolved")
	m.Run("systemctl enable --now pikv-master 2>&1")
	for _, h := range []*hosts.Host{a, b} {
		h.Run("systemctl enable --now pikv-worker 2>&1")
		require.Contains(t, h.Run("journalctl --no-pager -u pikv-worker"), `"gossip_encrypted":true`)
	}
	eventually(t, a, "pikv put k v && pikv wait --synced && pikv members", "pi3")

	begun := time.Now()
	b.Run("systemctl stop pikv-worker")
	t.Logf("a stop took %v", time.Since(begun))
	require.Contains(t, b.Run("journalctl --no-pager -u pikv-worker"), "handed everything over")
	require.Equal(t, "v", a.Run("pikv get k"))
	require.Equal(t, "Result=success\n", b.Run("systemctl show -p Result pikv-worker"))
}
