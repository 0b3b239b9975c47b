package installed

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/hosts"
	"pikv/testcluster/need"
	"pikv/testcluster/netns"
)

// stepsOf returns the commands of a section of a page, without sudo.
func stepsOf(t *testing.T, page, heading string) (steps []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", page))
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	require.True(t, found, heading)
	section, _, _ = strings.Cut(section, "\n#")
	for line := range strings.Lines(section) {
		if step, indented := strings.CutPrefix(line, "    "); indented {
			steps = append(steps, strings.ReplaceAll(strings.TrimSpace(step), "sudo ", ""))
		}
	}
	require.NotEmpty(t, steps)
	return steps
}

// TestNetnsTheArchiveByHand: a host without the package serves after what the docs say.
func TestNetnsTheArchiveByHand(t *testing.T) {
	need.Hosts(t)
	archive := build(t, "amd64", "tar", older)
	lab, keys := netns.New(t), hosts.NewKeys(t)
	m := hosts.New(t, lab, keys, hosts.Image{}, "pi1")[0]
	m.Copy(archive, "/root/"+filepath.Base(archive))
	m.Run(strings.Join(append([]string{"set -e"}, stepsOf(t, "RASPBERRY-PI.md", "### Without dpkg")...), "\n"))
	require.Empty(t, m.Run(`cd /root/pikv_*_linux_*/ && for d in . docs; do (cd $d && grep -ohE '\]\([^)#]+' *.md | cut -c3- | grep -v : | while read -r to; do [ -e "$to" ] || echo "$d: $to"; done); done`), "dead links")
	m.Run("systemctl enable --now pikv-master 2>&1")
	require.Contains(t, m.Run("pikv status"), "version "+older)
	require.Equal(t, "Result=success\n", m.Run("systemctl stop pikv-master; systemctl show -p Result pikv-master"))
}
