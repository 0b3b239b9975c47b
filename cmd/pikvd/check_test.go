package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// check runs `pikvd check` with a file of such a text.
func check(t *testing.T, text string, args ...string) (out, errOut string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "node.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	var stdout, stderr bytes.Buffer
	err = newApp(&stdout, &stderr).Run(append([]string{"pikvd", "check", "--config", file}, args...))
	return stdout.String(), stderr.String(), err
}

func TestCheckTakesWhatStartWouldAndStartsNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	out, errOut, err := check(t, "role: master\nname: pi1\ndata-dir: "+data+"\n")
	require.NoError(t, err)
	require.Equal(t, "the settings are right for master pi1\n", out)
	require.Empty(t, errOut)
	require.NoDirExists(t, data, "a check changes nothing")
}

func TestCheckSaysEverythingThatIsWrong(t *testing.T) {
	out, _, err := check(t, "max-memroy: 1GB\nresp-port: 7700\n", "--role", "worker", "--join", "pi1")
	require.Equal(t, exitUsage, exitCode(err))
	require.ErrorContains(t, err, `unknown key "max-memroy"`)
	require.ErrorContains(t, err, "--resp-port: 7700 is also --rpc-port")
	require.Empty(t, out)
}

func TestCheckReadsSecretsAndWarnsOfThem(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("not a key\n"), 0o600))
	_, _, err := check(t, "role: worker\njoin: pi1\nname: pi2\n", "--gossip-key-file", secret)
	require.Equal(t, exitUsage, exitCode(err))
	require.ErrorContains(t, err, "holds no base64")

	require.NoError(t, os.Chmod(secret, 0o644))
	_, errOut, err := check(t, "role: worker\njoin: pi1\nname: pi2\n", "--requirepass-file", secret)
	require.NoError(t, err)
	require.Contains(t, errOut, "others can read the password")
}
