package rollout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/hosts"
	"pikv/testcluster/netns"
)

// playTime bounds one run of a playbook.
const playTime = 8 * time.Minute

// controller is the computer that people type ansible-playbook on: this tree, an
// inventory, and a vault's password.
type controller struct {
	t       testing.TB
	host    *netns.Host
	keys    *hosts.Keys
	ansible string // the folder
	dir     string // the inventory, and what Ansible keeps
	dist    string // what `make dist` made
}

// newController takes inventories/test with the addresses of this lab, and encrypts a vault.
func newController(t testing.TB, host *netns.Host, keys *hosts.Keys, dist string) *controller {
	t.Helper()
	ansible, err := filepath.Abs("../../ansible")
	require.NoError(t, err)
	c := &controller{t: t, host: host, keys: keys, ansible: ansible, dir: t.TempDir(), dist: dist}
	require.NoError(t, os.CopyFS(filepath.Join(c.dir, "inventory"), os.DirFS(filepath.Join(ansible, "inventories", "test"))))
	c.write("password", "open sesame\n")
	c.vault("vault_pikv_gossip_key: MDEyMzQ1Njc4OWFiY2RlZg==\nvault_pikv_redis_password: a password\n")
	return c
}

// write writes a file of the controller's own and returns its path.
func (c *controller) write(name, text string) string {
	c.t.Helper()
	file := filepath.Join(c.dir, name)
	require.NoError(c.t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(c.t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// vault writes the encrypted variables.
func (c *controller) vault(text string) {
	c.t.Helper()
	file := c.write("inventory/group_vars/pikv/vault.yml", "---\n"+text)
	cmd := exec.Command("ansible-vault", "encrypt", "--vault-password-file", filepath.Join(c.dir, "password"), file)
	cmd.Env = append(os.Environ(), "ANSIBLE_HOME="+c.dir, "ANSIBLE_LOCAL_TEMP="+filepath.Join(c.dir, "tmp"))
	out, err := cmd.CombinedOutput()
	require.NoError(c.t, err, string(out))
}

// inventory writes who is in the cluster.
func (c *controller) inventory(master *hosts.Host, workers ...*hosts.Host) {
	c.t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "---\npikv:\n  children:\n    pikv_master:\n      hosts:\n        %s:\n          ansible_host: %s\n    pikv_workers:\n      hosts:\n",
		master.Name, master.Addr)
	for _, w := range workers {
		fmt.Fprintf(&b, "        %s:\n          ansible_host: %s\n", w.Name, w.Addr)
	}
	c.write("inventory/hosts.yml", b.String())
}

// played is what came of a run.
type played struct {
	out   string
	err   error
	took  time.Duration
	hosts map[string]tally
}

// tally is a host's line in the recap.
type tally struct{ ok, changed, unreachable, failed int }

var recap = regexp.MustCompile(`(?m)^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)`)

// parseRecap reads the lines at the end of a run.
func parseRecap(out string) map[string]tally {
	hosts := make(map[string]tally)
	for _, line := range recap.FindAllStringSubmatch(out, -1) {
		var n [4]int
		for i := range n {
			n[i], _ = strconv.Atoi(line[i+2]) // digits, by the expression
		}
		hosts[line[1]] = tally{n[0], n[1], n[2], n[3]}
	}
	return hosts
}

// play runs a playbook; what comes of it is the caller's to judge.
func (c *controller) play(playbook string, args ...string) played {
	c.t.Helper()
	return c.playWith([]string{"--vault-password-file", filepath.Join(c.dir, "password")}, playbook, args...)
}

// playWith is play with other flags for the vault.
func (c *controller) playWith(vault []string, playbook string, args ...string) played {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), playTime)
	defer cancel()
	all := append([]string{"-i", filepath.Join(c.dir, "inventory"), "--private-key", c.keys.Private}, vault...)
	all = append(all, "-e", "pikv_common_dist_dir="+c.dist, "playbooks/"+playbook)
	cmd := c.host.Command(ctx, "ansible-playbook", append(all, args...)...)
	cmd.Dir = c.ansible
	cmd.Env = append(os.Environ(), "ANSIBLE_HOME="+c.dir, "ANSIBLE_LOCAL_TEMP="+filepath.Join(c.dir, "tmp"), "ANSIBLE_NOCOLOR=1",
		"ANSIBLE_SSH_CONTROL_PATH_DIR="+filepath.Join(c.dir, "cp"), "ANSIBLE_HOST_KEY_CHECKING=False", "ANSIBLE_TIMEOUT=5",
		"ANSIBLE_SSH_COMMON_ARGS=-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second // ssh's master processes keep the pipe
	begun := time.Now()
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	p := played{out: out.String(), err: err, took: time.Since(begun)}
	p.hosts = parseRecap(p.out)
	c.t.Logf("%s %s: %.1f s, %v", playbook, strings.Join(args, " "), p.took.Seconds(), p.hosts)
	if dir := os.Getenv("PIKV_ROLLOUT_LOGS"); dir != "" {
		name := fmt.Sprintf("%s-%s.log", time.Now().Format("150405.000"), strings.TrimSuffix(playbook, ".yml"))
		require.NoError(c.t, os.WriteFile(filepath.Join(dir, name), []byte(p.out), 0o644))
	}
	return p
}

// works is play for what must succeed, on exactly these hosts.
func (c *controller) works(playbook string, args ...string) played {
	c.t.Helper()
	p := c.play(playbook, args...)
	require.NoError(c.t, p.err, p.out)
	require.NotEmpty(c.t, p.hosts, p.out)
	return p
}

// changed lists the hosts on which something was changed.
func (p played) changed() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(p.hosts)) {
		if p.hosts[name].changed > 0 {
			names = append(names, name)
		}
	}
	return names
}

// refuses is play for what must fail, say these words, and change nothing.
func (c *controller) refuses(words []string, playbook string, args ...string) played {
	c.t.Helper()
	return c.refused(c.play(playbook, args...), words)
}

func (c *controller) refused(p played, words []string) played {
	c.t.Helper()
	require.Error(c.t, p.err, p.out)
	said := strings.Join(strings.Fields(p.out), " ") // messages are folded to the width of a page
	for _, word := range words {
		require.Contains(c.t, said, word)
	}
	require.Empty(c.t, p.changed(), p.out)
	return p
}

func TestRecapsAreRead(t *testing.T) {
	got := parseRecap("PLAY RECAP ***\nm1                         : ok=12   changed=3    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0   \n" +
		"w1 : ok=1    changed=0    unreachable=1    failed=0 \n")
	require.Equal(t, map[string]tally{"m1": {12, 3, 0, 1}, "w1": {1, 0, 1, 0}}, got)
	require.Equal(t, []string{"m1"}, played{hosts: got}.changed())
}
