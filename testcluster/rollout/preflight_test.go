package rollout

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/need"
)

// tried runs tasks with role pikv_common's variables on hosts that are all this machine, and
// of which facts and variables are what an inventory says; it returns what was printed.
func tried(t *testing.T, inventory, tasks string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds, and runs nothing of pikv")
	}
	need.Ansible(t)
	roles, err := filepath.Abs("../../ansible/roles")
	require.NoError(t, err)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"hosts.yml":   inventory,
		"play.yml":    "---\n- hosts: all\n  gather_facts: false\n  connection: local\n  tasks:\n" + tasks,
		"ansible.cfg": "[defaults]\nroles_path = " + roles + "\ninterpreter_python = auto_silent\nforks = 2\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	cmd := exec.Command("ansible-playbook", "-i", "hosts.yml", "play.yml")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ANSIBLE_CONFIG="+filepath.Join(dir, "ansible.cfg"), "ANSIBLE_HOME="+dir, "ANSIBLE_LOCAL_TEMP="+filepath.Join(dir, "tmp"),
		"ANSIBLE_REMOTE_TEMP="+filepath.Join(dir, "remote"), "ANSIBLE_NOCOLOR=1")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// TestMachinesThatCanBeNodes: which archive each kind of machine gets, and which are refused.
func TestMachinesThatCanBeNodes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, machine string
		bits          int
		ram           int
		manager, arch string // how it is run, "" for systemd; pikv_common_arch
		archive       string // "" when it is refused
		said          string // then
	}{
		{name: "pc", machine: "x86_64", bits: 64, ram: 8000, archive: "amd64"},
		{name: "pi5", machine: "aarch64", bits: 64, ram: 8000, archive: "arm64"},
		{name: "pi4-32", machine: "aarch64", bits: 32, ram: 3700, archive: "armv6"},
		{name: "pi2", machine: "armv7l", bits: 32, ram: 920, archive: "armv6"},
		{name: "pi1", machine: "armv6l", bits: 32, ram: 427, archive: "armv6"},
		{name: "chosen", machine: "armv7l", bits: 32, ram: 920, arch: "armv6", archive: "armv6"},
		{name: "wrong", machine: "armv6l", bits: 32, ram: 427, arch: "arm64", said: "its kernel says armv6l, for which there is armv6 (pikv_common_arch is arm64)"},
		{name: "wrong32", machine: "aarch64", bits: 32, ram: 3700, arch: "arm64", said: "its kernel says aarch64 with 32-bit programs, for which there is armv6 (pikv_common_arch is arm64)"},
		{name: "pc32", machine: "x86_64", bits: 32, ram: 8000, said: "x86_64 with 32-bit programs, for which there is no archive"},
		{name: "risc", machine: "riscv64", bits: 64, ram: 8000, said: "its kernel says riscv64, for which there is no archive"},
		{name: "small", machine: "armv6l", bits: 32, ram: 187, said: "it has 187 MB of RAM, and 200 are the least (pikv_common_least_ram_mb)"},
		{name: "sysv", machine: "x86_64", bits: 64, ram: 8000, manager: "sysvinit", said: "It is run by sysvinit and must be by systemd"},
	}
	var inventory strings.Builder
	inventory.WriteString("pikv:\n  children:\n    pikv_master: {hosts: {pi5: }}\n    pikv_workers:\n      hosts:\n")
	all := "all:\n  hosts:\n"
	for _, c := range cases {
		if c.name != "pi5" {
			fmt.Fprintf(&inventory, "        %s:\n", c.name)
		}
		if c.manager == "" {
			c.manager = "systemd"
		}
		all += fmt.Sprintf("    %s: {machine: %s, bits: '%d', ram: %d, manager: %s, pikv_common_arch: '%s'}\n", c.name, c.machine, c.bits, c.ram, c.manager, c.arch)
	}
	out := tried(t, all+inventory.String(), `
    - set_fact:
        cacheable: true
        architecture: "{{ machine }}"
        userspace_bits: "{{ bits }}"
        memtotal_mb: "{{ ram }}"
        service_mgr: "{{ manager }}"
    - block:
        - import_role: {name: pikv_common, tasks_from: preflight}
      rescue:
        - set_fact: {refusal: "{{ ansible_failed_result.msg | default('') }}"}
    # What comes after that looks at this machine, which may have no systemd, or a node.
    - debug:
        msg: "<{{ inventory_hostname }}|{{ refusal | default('') if 'cannot be a node' in refusal | default('') else __pikv_common_wanted_arch }}>"
`)
	out = strings.Join(strings.Fields(out), " ")
	for _, c := range cases {
		got := regexp.MustCompile(`<` + c.name + `\|(.*?)>`).FindStringSubmatch(out)
		require.NotNil(t, got, "%s: %s", c.name, out)
		if c.said == "" {
			require.Equal(t, c.archive, got[1], c.name)
		} else {
			require.Contains(t, got[1], c.name+" cannot be a node.")
			require.Contains(t, got[1], c.said)
		}
	}
}

// TestWhereNodesJoin: the master's address as the inventory has it, with the port of gossip;
// by multicast DNS where it has only a name that no program without C's library can look up.
func TestWhereNodesJoin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, master, vars, join, ask string }{
		{"an address", "pi1: {ansible_host: 10.0.0.1}", "", "['10.0.0.1:7746']", "--seeds 10.0.0.1:7700,127.0.0.1:7700"},
		{"an IPv6 address", "pi1: {ansible_host: 'fd00::1'}", "", "['[fd00::1]:7746']", "--seeds [fd00::1]:7700,127.0.0.1:7700"},
		{"a name", "pi1.home.arpa:", "", "['pi1.home.arpa:7746']", "--seeds pi1.home.arpa:7700,127.0.0.1:7700"},
		{"another port", "pi1: {ansible_host: 10.0.0.1}", "pikv_common_gossip_port: 7750, pikv_common_rpc_port: 7701", "['10.0.0.1:7750']", "--seeds 10.0.0.1:7701,127.0.0.1:7701"},
		{"another address for nodes", "pi1: {ansible_host: 192.168.1.9, pikv_common_address: 10.0.0.1}", "", "['10.0.0.1:7746']", "--seeds 10.0.0.1:7700,127.0.0.1:7700"},
		{"a name by multicast DNS", "pi1.local:", "", "[]", "--cluster pikv"},
		{"likewise, to get there", "pi1: {ansible_host: Pi1.local.}", "pikv_common_cluster: home", "[]", "--cluster home"},
		{"an address behind such a name", "pi1.local: {pikv_common_address: 10.0.0.1}", "", "['10.0.0.1:7746']", "--seeds 10.0.0.1:7700,127.0.0.1:7700"},
		{"some of one's own", "pi1.local:", "pikv_common_join: [pi9, '10.0.0.2:7800']", "['pi9', '10.0.0.2:7800']", "--seeds pi9:7700,10.0.0.2:7700,127.0.0.1:7700"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inventory := "pikv:\n  children:\n    pikv_master:\n      hosts:\n        " + c.master + "\n    pikv_workers: {hosts: {w1: , w2: }}\n  vars: {" + c.vars + "}\n"
			out := tried(t, inventory, `
    - import_role: {name: pikv_common, tasks_from: synced}
      when: false
    - debug:
        msg: "join={{ pikv_common_join }} ask={{ __pikv_common_pikv | regex_replace('^.*/pikv ', '') }}."
      when: inventory_hostname == 'w2'
`)
			require.Contains(t, out, "join="+c.join+" ask="+c.ask+".")
		})
	}
}
