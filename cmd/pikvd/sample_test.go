package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/membership"
)

// TestTheSampleIsAFileForConfig: as it is, and with every default uncommented.
func TestTheSampleIsAFileForConfig(t *testing.T) {
	for _, role := range []membership.Role{membership.RoleMaster, membership.RoleWorker} {
		var sample bytes.Buffer
		require.NoError(t, writeSample(&sample, role))
		plain, err := settle(testMachine(nil), "--role", string(role))
		require.NoError(t, err)
		got, err := settle(testMachine(nil), "--role", string(role), "--config", configFile(t, sample.String()))
		require.NoError(t, err)
		require.Equal(t, plain, got)

		given := regexp.MustCompile(`(?m)^#([a-z-]+: .+)$`).ReplaceAllString(sample.String(), "$1")
		require.Contains(t, given, "\nrpc-port: 7700\n")
		given = strings.ReplaceAll(given, "\njoin: []\n", "\n")
		got, err = settle(testMachine(nil), "--role", string(role), "--config", configFile(t, given))
		require.NoError(t, err)
		require.Equal(t, plain, got)

		for _, o := range options {
			if o.name != "role" && o.name != "recover" {
				require.Equal(t, o.only == "" || o.only == string(role), strings.Contains(sample.String(), "\n#"+o.name+":"), o.name)
			}
		}
	}
	err := writeSample(&bytes.Buffer{}, "boss")
	require.Equal(t, exitUsage, exitCode(err))
}

func TestVersionManualAndCompletion(t *testing.T) {
	out := func(args ...string) string {
		t.Helper()
		p := pikvd(t, nil, args...)
		var b strings.Builder
		for p.lines.Scan() {
			b.WriteString(p.lines.Text() + "\n")
		}
		require.Equal(t, exitOK, p.wait(t), "%v %s", args, &p.stderr)
		return b.String()
	}
	require.Regexp(t, `^pikvd dev go1\.\S+ \w+/\w+\n$`, out("--version"))
	require.Equal(t, out("version"), out("--version"))

	page := out("man")
	require.Contains(t, page, ".TH pikvd 8")
	require.Contains(t, page, "gossip-port")

	require.Contains(t, out("", "--generate-bash-completion"), "start\n")
	require.Contains(t, out("start", "--go", "--generate-bash-completion"), "--gossip-port\n")
	require.NotContains(t, out("start", "--go", "--generate-bash-completion"), "--role\n")
}
