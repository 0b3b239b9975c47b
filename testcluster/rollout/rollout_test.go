package rollout

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/testcluster/hosts"
	"pikv/testcluster/need"
	"pikv/testcluster/netns"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is what all steps have.
type lab struct {
	*controller
	network      *netns.Lab
	client       *netns.Host
	master       *hosts.Host
	workers      []*hosts.Host // of the inventory at first
	late         *hosts.Host   // the one that joins, and goes
	older, newer string
	measured     *measured
}

// seeds are nodes that the writer asks first.
func (l *lab) seeds() []string {
	return []string{l.master.Addr + ":7700", l.workers[0].Addr + ":7700"}
}

// all are the hosts of the inventory.
func (l *lab) all() []*hosts.Host { return append([]*hosts.Host{l.master}, l.workers...) }

// TestNetnsRollout is a cluster's life by the playbooks. Each step begins where the one
// before it ended, and none runs after one that failed.
func TestNetnsRollout(t *testing.T) {
	need.Rollout(t)
	l := &lab{measured: &measured{}}
	folder, older, newer := dist(t)
	l.older, l.newer = older, newer
	network, keys := netns.New(t), hosts.NewKeys(t)
	l.controller = newController(t, network.Host("controller"), keys, folder)
	l.network, l.client = network, network.Host("client")
	all := hosts.New(t, network, keys, hosts.Image{}, "m1", "w1", "w2", "w3", "w4")
	l.master, l.workers, l.late = all[0], all[1:4:4], all[4]
	for _, h := range all {
		h.Run("echo 'console=tty1 root=/dev/mmcblk0p2 rootwait' >/etc/kernel-cmdline") // as a Pi has it
	}
	l.inventory(l.master, l.workers...)

	for _, step := range []struct {
		name string
		do   func(t *testing.T, l *lab)
	}{
		{"BadInputOnBareHosts", badInput},
		{"CheckOnBareHosts", checkBare},
		{"Site", siteServes},
		{"Upgrade", upgrade},
		{"Rollback", rollback},
		{"NotBack", notBack},
		{"Bench", benchQuick},
		{"AMistakeInTheSettingsReplacesNothing", wrongSetting},
		{"NeverSynced", neverSynced},
		{"PowerCut", powerCut},
		{"Grow", grow},
		{"RemoveOneThatIsOff", removeOff},
		{"GrowAgain", growAgain},
		{"Shrink", shrink},
		{"Status", statusShows},
		{"AnotherKey", anotherKey},
		{"Reset", reset},
		{"NoKey", noKey},
	} {
		ok := t.Run(step.name, func(t *testing.T) {
			of := *l.controller
			of.t = t
			step.do(t, &lab{controller: &of, network: network, client: l.client, master: l.master, workers: l.workers, late: l.late, older: older, newer: newer, measured: l.measured})
		})
		if !ok {
			t.FailNow()
		}
	}
	l.measured.save(t)
}

// checkBare: --check --diff shows what would be done, on hosts that have nothing, and does
// none of it.
func checkBare(t *testing.T, l *lab) {
	p := l.works("site.yml", "-e", "pikv_common_version="+l.older, "--check", "--diff")
	require.Contains(t, p.out, "+max-memory: 256MB", "the settings are shown")
	require.Contains(t, p.out, "+console=tty1 root=/dev/mmcblk0p2 rootwait cgroup_enable=memory")
	require.NotContains(t, p.out, "a password")
	require.NotContains(t, p.out, "MDEyMzQ1Njc4OWFiY2RlZg")
	for _, h := range l.all() {
		require.Equal(t, "console=tty1 root=/dev/mmcblk0p2 rootwait\n", h.Run("cat /etc/kernel-cmdline; ls -d /etc/pikv /opt/pikv /usr/local/bin/pikv* 2>/dev/null || true"))
	}
}

// siteServes: from bare hosts to a cluster that serves, and the second run has nothing to do.
func siteServes(t *testing.T, l *lab) {
	p := l.works("site.yml", "-e", "pikv_common_version="+l.older)
	l.measured.Site = p.took.Seconds()

	s := status(t, l.master)
	require.Equal(t, s.Partitions, s.Synced)
	require.Len(t, s.Members, 1+len(l.workers))
	for _, h := range l.all() {
		require.Equal(t, "600 root", strings.TrimSpace(h.Run("stat -c '%a %U' /etc/pikv/secrets/gossip-key")))
		require.Equal(t, "600 root", strings.TrimSpace(h.Run("stat -c '%a %U' /etc/pikv/secrets/redis-password")))
		require.Contains(t, h.Run("cat /etc/kernel-cmdline"), "rootwait cgroup_enable=memory\n")
	}
	// A Pi's boot partition takes no name with a colon.
	require.Equal(t, "console=tty1 root=/dev/mmcblk0p2 rootwait\n", l.workers[0].Run("cat /etc/kernel-cmdline.before-pikv"))
	require.NotContains(t, l.workers[0].Run("ls /etc"), ":")
	require.Contains(t, p.out, "does not limit the node's memory before it is booted again")
	require.Equal(t, l.older, version(l.workers[0], "pikv-worker"))

	again := l.works("site.yml", "-e", "pikv_common_version="+l.older)
	require.Empty(t, again.changed(), again.out)
	l.measured.Again = again.took.Seconds()
	parts := l.works("site.yml", "-e", "pikv_common_version="+l.older, "--limit", "w2", "--tags", "config")
	require.Equal(t, []string{"w2"}, keysOf(parts.hosts))
	require.Empty(t, parts.changed(), parts.out)
}

// unchanged runs a playbook with --check, which must have something to do on these hosts,
// and says so of them, and checks that nothing is done.
func (l *lab) unchanged(t *testing.T, names []string, playbook string, args ...string) {
	t.Helper()
	all := append(l.all(), l.late)
	see := func() (seen []string) {
		for _, h := range all {
			seen = append(seen, h.Run("for u in pikv-master pikv-worker; do "+showProcess("$u")+"; done; readlink /opt/pikv/current; "+
				"find /etc/pikv /opt/pikv /etc/systemd/system /usr/local/bin /etc/kernel-cmdline* -printf '%p %T@ %C@\\n' 2>/dev/null | sort; true"))
		}
		return seen
	}
	before := see()
	p := l.works(playbook, append(args, "--check", "--diff")...)
	require.Equal(t, names, p.changed())
	require.Equal(t, before, see())
}

// upgrade: from the commit before this one, under load.
func upgrade(t *testing.T, l *lab) {
	l.unchanged(t, []string{"m1", "w1", "w2", "w3"}, "upgrade.yml", "-e", "pikv_common_version="+l.newer)
	w := write(t, l.client.Dial, l.seeds()...)
	p := l.works("upgrade.yml", "-e", "pikv_common_version="+l.newer)
	l.measured.Upgrade = w.finish().during(p.took)
	for _, h := range l.workers {
		require.Equal(t, l.newer, version(h, "pikv-worker"))
	}
	require.Equal(t, l.newer, version(l.master, "pikv-master"))
	require.Less(t, strings.LastIndex(p.out, "changed: [w3]"), strings.LastIndex(p.out, "changed: [m1]"), "the master is last")

	again := l.works("upgrade.yml", "-e", "pikv_common_version="+l.newer)
	require.Empty(t, again.changed(), again.out)
}

// wrongSetting: pikvd itself says what is wrong with a file before the file replaces another,
// and systemd with a unit's.
func wrongSetting(t *testing.T, l *lab) {
	before := l.workers[0].Run("cat /etc/pikv/worker.yaml")
	p := l.play("site.yml", "-e", "pikv_common_version="+l.newer, "-e", `{"pikv_worker_settings": {"move-rat": "1MB/s"}}`, "--tags", "config")
	require.Error(t, p.err, p.out)
	require.Contains(t, p.out, `unknown key "move-rat"`)
	require.Equal(t, before, l.workers[0].Run("cat /etc/pikv/worker.yaml"))

	const dropin = "cat /etc/systemd/system/pikv-worker.service.d/ansible.conf"
	before = l.workers[0].Run(dropin)
	p = l.play("site.yml", "-e", "pikv_common_version="+l.newer, "-e", "pikv_common_memory_max=lots", "--tags", "config")
	require.Error(t, p.err, p.out)
	require.Contains(t, p.out, "Invalid memory limit 'lots'")
	require.Equal(t, before, l.workers[0].Run(dropin))
}

// neverSynced: a worker that does not get its copies back stops an upgrade there, the
// others are not touched, and the message says how to go on, which works.
func neverSynced(t *testing.T, l *lab) {
	w1, others := l.workers[0], l.workers[1:]
	for _, h := range l.workers {
		h.Run("head -c 200000 /dev/urandom >/root/value")
		h.Run("for i in $(seq 20); do pikv put " + h.Name + ":$i --file /root/value >/dev/null; done")
	}
	// With as many copies as workers nobody can stand in for one that does not get its own.
	l.master.Run("pikv replicas 3")
	synced(l.master)
	before := process(w1, "pikv-worker")
	w2, w3, m1 := process(others[0], "pikv-worker"), process(others[1], "pikv-worker"), process(l.master, "pikv-master")
	other := []string{"-e", "pikv_common_version=" + l.newer, "-e", `{"pikv_worker_settings": {"move-rate": "50MB/s"}}`}

	// As soon as it is started anew, the cables between it and the other workers are cut.
	var cutting sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	cutting.Go(func() {
		for now := before; now == before || strings.HasPrefix(now, "MainPID=0\n"); time.Sleep(20 * time.Millisecond) {
			if ctx.Err() != nil {
				return
			}
			if said, err := w1.Try(ctx, showProcess("pikv-worker")); err == nil {
				now = said
			}
		}
		for _, h := range others {
			l.network.Cut(w1.Host, h.Host)
			l.network.Cut(h.Host, w1.Host)
		}
	})
	p := l.play("upgrade.yml", append(other, "-e", "pikv_common_synced_timeout=8s")...)
	stop()
	cutting.Wait()
	require.Error(t, p.err, p.out)
	said := strings.Join(strings.Fields(p.out), " ")
	for _, word := range []string{"The renewal stops at worker w1", "not made all its copies within 8s", "Done: none. Not touched: w2, w3", "pikv wait --synced", "pikv_upgrade_unsynced=true"} {
		require.Contains(t, said, word)
	}
	require.Equal(t, []string{"w1"}, p.changed())
	require.Equal(t, w2, process(others[0], "pikv-worker"))
	require.Equal(t, w3, process(others[1], "pikv-worker"))
	require.Equal(t, m1, process(l.master, "pikv-master"))

	// The same again stops before anything is touched, since the cluster is not whole.
	l.refuses([]string{"not made all its copies within 2s"}, "upgrade.yml", append(other, "-e", "pikv_common_synced_timeout=2s")...)

	l.network.Heal()
	back := l.works("upgrade.yml", "-e", "pikv_common_version="+l.newer, "-e", "pikv_upgrade_unsynced=true")
	require.Equal(t, []string{"w1"}, back.changed())
	l.master.Run("pikv replicas 2")
	synced(l.master)
	for _, h := range l.workers {
		require.Equal(t, "200000\n", l.master.Run("pikv get "+h.Name+":20 | wc -c"))
	}
}

// powerCut: a worker loses its power under load, and is back in the cluster when it has it
// again, without help.
func powerCut(t *testing.T, l *lab) {
	w := write(t, l.client.Dial, l.seeds()...)
	begun := time.Now()
	l.workers[1].PowerCut()
	synced(l.master) // two are enough for two copies
	l.workers[1].Boot()
	require.Eventually(t, func() bool {
		m, ok := member(t, l.master, "w2")
		return ok && m.State == "active" && m.Primaries > 0
	}, time.Minute, 200*time.Millisecond)
	synced(l.master)
	l.measured.Power = w.finish().during(time.Since(begun))
}

// grow: another host in the inventory, and site.yml again; nothing else is touched.
func grow(t *testing.T, l *lab) {
	l.inventory(l.master, append(l.workers, l.late)...)
	l.write("inventory/host_vars/w4.yml", "---\npikv_common_join: []\n") // it finds the cluster by itself
	w1, m1 := process(l.workers[0], "pikv-worker"), process(l.master, "pikv-master")
	p := l.works("site.yml", "-e", "pikv_common_version="+l.newer)
	require.Equal(t, []string{"w4"}, p.changed(), p.out)
	l.measured.Grow = p.took.Seconds()
	require.Equal(t, w1, process(l.workers[0], "pikv-worker"))
	require.Equal(t, m1, process(l.master, "pikv-master"))
	m, ok := member(t, l.master, "w4")
	require.True(t, ok)
	require.Positive(t, m.Primaries)
}

// removeOff: a worker that does not run is taken out of the cluster, too, and what is not
// pikv's stays on its host.
func removeOff(t *testing.T, l *lab) {
	l.master.Run("pikv weight w4 4") // the cluster keeps that for its return, also when it lists it no more
	synced(l.master)
	l.late.Run("touch /opt/pikv/mine; systemctl stop --no-block pikv-worker; systemctl kill -s KILL pikv-worker")
	require.Eventually(t, func() bool {
		m, ok := member(t, l.master, "w4")
		return !ok || m.State == "dead"
	}, time.Minute, 100*time.Millisecond)
	remove := []string{"-e", "pikv_common_version=" + l.newer, "--limit", "w4"}
	p := l.works("remove.yml", remove...)
	require.Contains(t, strings.Join(strings.Fields(p.out), " "), "w4 is out of the cluster, and nothing of pikv")
	require.Regexp(t, "w4 is removed", l.master.Run("pikv events"))
	require.Equal(t, "/opt/pikv/mine\n", l.late.Run("find /opt/pikv -type f"))
	l.late.Run("rm -r /opt/pikv")
	bare(t, l.late)

	p = l.works("remove.yml", remove...)
	require.Contains(t, strings.Join(strings.Fields(p.out), " "), "w4 is out of the cluster, which did not know w4 (any more), and nothing of pikv")
	bare(t, l.late)
}

// growAgain: what left comes back by its inventory.
func growAgain(t *testing.T, l *lab) {
	l.works("site.yml", "-e", "pikv_common_version="+l.newer, "--limit", "w4")
	m, ok := member(t, l.master, "w4")
	require.True(t, ok)
	require.Equal(t, "active", m.State)
}

// benchQuick: the study's workload from a host of its own, whose report comes back.
func benchQuick(t *testing.T, l *lab) {
	results := t.TempDir()
	l.write("inventory/bench.yml", "---\npikv_bench:\n  hosts:\n    w4:\n      ansible_host: "+l.late.Addr+"\n      ansible_user: root\n")
	defer func() { require.NoError(t, os.Remove(filepath.Join(l.dir, "inventory", "bench.yml"))) }()
	l.unchanged(t, []string{"w4"}, "bench.yml", "-e", "pikv_common_version="+l.newer, "-e", "pikv_bench_results="+results)
	l.works("bench.yml", "-e", "pikv_common_version="+l.newer, "-e", "pikv_bench_quick=true", "-e", "pikv_bench_results="+results)
	require.FileExists(t, filepath.Join(results, "report", "index.html"))
	synced(l.master)
	l.late.Run("rm -r /opt/pikv")
}

// shrink: it hands over what it has, and nothing of pikv is left on it.
func shrink(t *testing.T, l *lab) {
	l.inventory(l.master, append(l.workers, l.late)...)
	l.refuses([]string{"Say which workers to remove, by --limit"}, "remove.yml", "-e", "pikv_common_version="+l.newer)

	l.unchanged(t, []string{"w4"}, "remove.yml", "-e", "pikv_common_version="+l.newer, "--limit", "w4")
	m, ok := member(t, l.master, "w4")
	require.True(t, ok)
	require.Equal(t, "active", m.State)

	w := write(t, l.client.Dial, l.seeds()...)
	p := l.works("remove.yml", "-e", "pikv_common_version="+l.newer, "--limit", "w4")
	require.Equal(t, []string{"w4"}, keysOf(p.hosts))
	synced(l.master)
	l.measured.Shrink = w.finish().during(p.took)
	if m, ok := member(t, l.master, "w4"); ok {
		require.Contains(t, []string{"removed", "dead"}, m.State)
	}
	bare(t, l.late)
	l.inventory(l.master, l.workers...)
}

// bare checks that nothing of pikv is on a host.
func bare(t *testing.T, h *hosts.Host) {
	t.Helper()
	require.Empty(t, h.Run("ls -d /etc/pikv /opt/pikv /usr/local/bin/pikv* /var/lib/pikv /var/lib/private/pikv /etc/systemd/system/pikv* 2>/dev/null || true"))
	require.Empty(t, h.Run("pgrep pikvd || true"))
}

// statusShows: the cluster and each of its hosts in one answer, and also with a host down.
func statusShows(t *testing.T, l *lab) {
	p := l.works("status.yml")
	require.Empty(t, p.changed())
	for _, word := range []string{"fully synced", "active, version " + l.newer, "MiB resident"} {
		require.Contains(t, p.out, word)
	}
	l.workers[2].PowerCut()
	p = l.play("status.yml")
	require.Contains(t, p.out, "no answer by ssh")
	require.Contains(t, p.out, "partitions")
	l.refuses([]string{"No answer from w3; nothing was changed anywhere", "pikv_reset_without_unreachable=true"}, "reset.yml", "-e", "pikv_reset_confirm=pikv")
	l.workers[2].Boot()
	synced(l.master)
}

// reset asks, takes no for an answer, and leaves nothing.
func reset(t *testing.T, l *lab) {
	l.refuses([]string{`Nothing was changed: the cluster is called pikv, and "yes" was given.`}, "reset.yml", "-e", "pikv_reset_confirm=yes")
	l.refuses([]string{"Nothing was changed: a reset is for the whole cluster"}, "reset.yml", "-e", "pikv_reset_confirm=pikv", "--limit", "w1")
	l.refuses([]string{`the cluster is called pikv, and no name was given`}, "reset.yml") // nobody is there to answer
	p := l.works("reset.yml", "-e", "pikv_reset_confirm=pikv")
	require.Less(t, p.took, time.Minute)
	for _, h := range l.all() {
		bare(t, h)
	}
}
