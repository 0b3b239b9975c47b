package rollout

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// keysOf lists the hosts of a recap.
func keysOf(hosts map[string]tally) []string { return slices.Sorted(maps.Keys(hosts)) }

// badInput: what people get wrong, each refused with words that say what to do, before
// anything is changed on any host.
func badInput(t *testing.T, l *lab) {
	version := []string{"-e", "pikv_common_version=" + l.newer}

	t.Log("a mistyped variable")
	l.refuses([]string{"No role reads pikv_worker_max_memroy", "There are", "pikv_worker_max_memory"},
		"site.yml", append(version, "-e", "pikv_worker_max_memroy=1GB")...)
	t.Log("a value of the wrong kind")
	l.refuses([]string{"pikv_common_rpc_port"}, "site.yml", append(version, "-e", "pikv_common_rpc_port=seven")...)

	t.Log("a vault without its password, and one without the key")
	l.refused(l.playWith(nil, "site.yml", version...), []string{"no vault secrets found"})
	l.vault("vault_pikv_redis_password: a password\n")
	l.refuses([]string{"vault_pikv_gossip_key"}, "site.yml", version...)
	l.vault("vault_pikv_gossip_key: too short\nvault_pikv_redis_password: a password\n")
	p := l.refuses([]string{"pikv_common_gossip_key must be 16, 24 or 32 random bytes in base64"}, "site.yml", version...)
	require.NotContains(t, p.out, "too short")
	l.vault("vault_pikv_gossip_key: MDEyMzQ1Njc4OWFiY2RlZg==\nvault_pikv_redis_password: a password\n")

	t.Log("two versions, none said; one that is nowhere")
	l.refuses([]string{"Say which version: pikv_common_version is empty", l.older, l.newer}, "site.yml")
	l.refuses([]string{"There is no pikv_9.9.9_linux_amd64.tar.gz in " + l.dist}, "site.yml", "-e", "pikv_common_version=9.9.9")

	t.Log("more copies than workers")
	l.inventory(l.master, l.workers[0])
	l.refuses([]string{"2 copies of everything, each on a worker of its own, and group pikv_workers has 1", "set pikv_master_replicas"}, "site.yml", version...)
	l.inventory(l.master, l.workers...)

	t.Log("the wrong checksum")
	sums := filepath.Join(l.dist, "SHA256SUMS")
	right, err := os.ReadFile(sums)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(sums, []byte(strings.ReplaceAll(string(right), "a", "b")), 0o644))
	l.refuses([]string{"Wrong checksum", "make dist"}, "site.yml", version...)
	require.NoError(t, os.WriteFile(sums, right, 0o644))

	t.Log("the wrong architecture: one that is asked for, and an archive with another's name")
	l.refuses([]string{"w1 cannot be a node", "its kernel says x86_64", "pikv_common_arch is arm64"}, "site.yml", append(version, "-e", "pikv_common_arch=arm64")...)

	other := filepath.Join(t.TempDir(), "dist")
	require.NoError(t, os.Mkdir(other, 0o755))
	name := "pikv_" + l.newer + "_linux_amd64.tar.gz"
	archive, err := os.ReadFile(filepath.Join(l.dist, strings.Replace(name, "amd64", "arm64", 1)))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(other, name), archive, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(other, "SHA256SUMS"), fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(archive), name), 0o644))
	p = l.play("site.yml", append(version, "-e", "pikv_common_dist_dir="+other)...)
	require.Error(t, p.err, p.out)
	require.Contains(t, strings.Join(strings.Fields(p.out), " "), name+" does not run on m1, whose kernel says x86_64")
	for _, h := range l.all() {
		h.Run("rm -r /opt/pikv")
	}

	t.Log("a port that is taken")
	l.workers[0].Run("systemd-run --unit=other python3 -m http.server 7379")
	l.workers[0].Run("until ss -Hltn 'sport = :7379' | grep -q .; do sleep 0.1; done")
	l.refuses([]string{"Port 7379 is taken by python3 (process", "on w1: stop that, or give pikv another port"}, "site.yml", version...)
	l.workers[0].Run("systemctl stop other")

	t.Log("a full disk")
	l.workers[1].Run("mkdir -p /opt/pikv && mount -t tmpfs -o size=2m none /opt/pikv")
	l.refuses([]string{"w2 has 2 MiB free where /opt/pikv is to be, and a new version needs 100"}, "site.yml", version...)
	l.workers[1].Run("umount /opt/pikv && rmdir /opt/pikv")

	t.Log("a host that is down")
	l.workers[2].PowerCut()
	l.refuses([]string{"No answer from w3; nothing was changed anywhere", "--limit all,\\!w3 "}, "site.yml", version...)
	l.workers[2].Boot()
}
