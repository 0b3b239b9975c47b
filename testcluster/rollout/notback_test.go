package rollout

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/hosts"
)

// whileRestarted calls do once the host's worker, which runs, has ended, while a playbook
// still configures the next one. The function that it returns waits for that.
func whileRestarted(t *testing.T, h *hosts.Host, do func()) (wait func()) {
	ctx, stop := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
			if said, err := h.Try(ctx, showProcess("pikv-worker")); err == nil && strings.HasPrefix(said, "MainPID=0\n") {
				do()
				return
			}
		}
	})
	return func() { stop(); watching.Wait() }
}

// rollback: the version is a variable, and an older one that the hosts still have needs no
// archive. Under load, as an upgrade.
func rollback(t *testing.T, l *lab) {
	w := write(t, l.client.Dial, l.seeds()...)
	p := l.works("upgrade.yml", "-e", "pikv_common_version="+l.older, "-e", "pikv_common_dist_dir="+t.TempDir())
	l.measured.Rollback = w.finish().during(p.took)
	require.Equal(t, []string{"m1", "w1", "w2", "w3"}, p.changed())
	for _, h := range l.workers {
		require.Equal(t, l.older, version(h, "pikv-worker"))
	}
	require.Equal(t, l.older, version(l.master, "pikv-master"))
}

// notBack: a worker that was renewed and does not get into the cluster again stops an
// upgrade there, though the others have all copies without it: with the next one drained,
// and the one after that, nobody would be left. Then it is reachable again, and the upgrade goes on.
func notBack(t *testing.T, l *lab) {
	w1, others := l.workers[0], l.workers[1:]
	w2, w3, m1 := process(others[0], "pikv-worker"), process(others[1], "pikv-worker"), process(l.master, "pikv-master")
	newer := []string{"-e", "pikv_common_version=" + l.newer}

	// Requests get through to it, gossip does not: as behind a wrong firewall.
	wait := whileRestarted(t, w1, func() {
		l.filter(w1, "table inet gossip { chain in { type filter hook input priority 0; th dport 7750 drop; }; chain out { type filter hook output priority 0; th dport 7750 drop; }; }")
	})
	p := l.play("upgrade.yml", append(newer, "-e", "pikv_common_synced_timeout=8s")...)
	wait()
	require.Error(t, p.err, p.out)
	said := strings.Join(strings.Fields(p.out), " ")
	for _, word := range []string{"The renewal stops at worker w1", "After 8s (pikv_common_synced_timeout) w1 is", "it takes no part", "Done: none. Not touched: w2, w3, m1", "When `pikv status` shows w1 as it was before"} {
		require.Contains(t, said, word)
	}
	require.Equal(t, w2, process(others[0], "pikv-worker"))
	require.Equal(t, w3, process(others[1], "pikv-worker"))
	require.Equal(t, m1, process(l.master, "pikv-master"))
	synced(l.master)

	t.Log("the same again stops before anything is touched")
	l.refuses([]string{"After 2s (pikv_common_synced_timeout) w1 is", "it takes no part"}, "upgrade.yml", append(newer, "-e", "pikv_common_synced_timeout=2s")...)

	t.Log("it can be reached again; and somebody has begun to drain the next one")
	l.filter(w1, "delete table inet gossip")
	require.Eventually(t, func() bool {
		m, ok := member(t, l.master, "w1")
		return ok && m.State == "active"
	}, time.Minute, 200*time.Millisecond)
	synced(l.master)
	l.master.Run("pikv drain w2")
	p = l.works("upgrade.yml", newer...)
	require.Equal(t, []string{"m1", "w2", "w3"}, p.changed())
	require.Regexp(t, regexp.MustCompile(`TASK \[pikv_worker : Wait until it has handed everything over\] \**\nok: \[w2\]`), p.out)
	for _, h := range l.workers {
		require.Equal(t, l.newer, version(h, "pikv-worker"))
		m, ok := member(t, l.master, h.Name)
		require.True(t, ok)
		require.Equal(t, "active", m.State)
	}
}

// filter gives nft commands about what a host takes and sends.
func (l *lab) filter(h *hosts.Host, commands string) {
	l.t.Helper()
	cmd := h.Command(l.t.Context(), "nft", commands)
	if out, err := cmd.CombinedOutput(); err != nil {
		l.t.Errorf("%s: nft: %v %s", h.Name, err, out)
	}
}

// anotherKey: a cluster that runs is not given another gossip key, nor none.
func anotherKey(t *testing.T, l *lab) {
	version := []string{"-e", "pikv_common_version=" + l.newer}
	l.vault("vault_pikv_gossip_key: ZmVkY2JhOTg3NjU0MzIxMA==\nvault_pikv_redis_password: a password\n")
	for _, playbook := range []string{"site.yml", "upgrade.yml"} {
		p := l.refuses([]string{"m1 runs with another gossip key.", "w3 runs with another gossip key.", "it cannot be changed one host at a time"}, playbook, version...)
		require.NotContains(t, p.out, "ZmVkY2JhOTg3NjU0MzIxMA")
	}
	l.refuses([]string{"w2 runs with another gossip key."}, "site.yml", append(version, "--limit", "w2")...)
	l.vault("vault_pikv_gossip_key: MDEyMzQ1Njc4OWFiY2RlZg==\nvault_pikv_redis_password: a password\n")
	l.refuses([]string{"w1 runs with a gossip key, and pikv_common_gossip_key is empty."}, "upgrade.yml", append(version, "-e", "pikv_common_gossip_key=")...)
}

// noKey: after a reset nothing stands in the way, and one without a key is given none either.
func noKey(t *testing.T, l *lab) {
	version := []string{"-e", "pikv_common_version=" + l.newer}
	l.works("site.yml", append(version, "-e", "pikv_common_gossip_key=")...)
	l.refuses([]string{"w1 runs without a gossip key, and pikv_common_gossip_key is one."}, "site.yml", version...)
}
