package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"pikv/socket"
)

// secretFile writes a file that only its owner can read.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestReadUsers(t *testing.T) {
	hash := sha256.Sum256([]byte("s3cret"))
	got, warning, err := readUsers(secretFile(t, "# who may\n\nann s3cret\n  bob\tsha256:"+hex.EncodeToString(hash[:])+"  \r\n"))
	require.NoError(t, err)
	require.Empty(t, warning)
	require.Equal(t, map[string]password{"ann": hash, "bob": hash}, got)

	open := secretFile(t, "ann s3cret")
	require.NoError(t, os.Chmod(open, 0o640))
	_, warning, err = readUsers(open)
	require.NoError(t, err)
	require.Contains(t, warning, "others can read the list of passwords")
}

func TestReadUsersRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "names no user",
		"# nobody\n":                            "names no user",
		"ann\n":                                 "line 1: 1 words",
		"ann two words\n":                       "line 1: 3 words",
		"a b\nann one\nann two\n":               "line 3: user ann: named twice",
		"a/b hush\n":                            "has other characters",
		"ann " + strings.Repeat("x", 513):       "more than 512 bytes",
		"ann sha256:12\n":                       "wants 64 hexadecimal digits",
		"ann sha256:" + strings.Repeat("g", 64): "wants hexadecimal digits",
	} {
		_, _, err := readUsers(secretFile(t, text))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "hush", "an error shows a password")
	}
	_, _, err := readUsers(t.TempDir())
	require.ErrorContains(t, err, "is not a file")
	_, _, err = readUsers(secretFile(t, strings.Repeat("#", maxSecretFile+1)))
	require.ErrorContains(t, err, "too much for a list of passwords")
	var many strings.Builder
	for i := range maxUsers + 1 {
		many.WriteString("u" + strings.Repeat("x", i%100) + strings.Repeat("y", i/100) + " p\n")
	}
	_, _, err = readUsers(secretFile(t, many.String()))
	require.ErrorContains(t, err, "the most is 1024")
}

func TestReadRequirePass(t *testing.T) {
	for _, text := range []string{"open sesame", "open sesame\n", "open sesame\r\n"} {
		got, _, err := readRequirePass(secretFile(t, text))
		require.NoError(t, err)
		require.Equal(t, password(sha256.Sum256([]byte("open sesame"))), got)
	}
	for _, text := range []string{"", "\n", "two\nlines\n", strings.Repeat("x", maxPassword+1)} {
		_, _, err := readRequirePass(secretFile(t, text))
		require.ErrorContains(t, err, "one line with a password")
	}
}

func TestPasswordsReachTheNode(t *testing.T) {
	one, users := secretFile(t, "pw\n"), secretFile(t, "ann hers\n")
	cfg, err := settle(testMachine(nil), "--role", "worker", "--join", "m", "--requirepass-file", one, "--users-file", users, "--resp-port", "any")
	require.NoError(t, err)
	w := cfg.worker(zap.NewNop())
	require.Equal(t, map[string]password{"ann": sha256.Sum256([]byte("hers")), "default": sha256.Sum256([]byte("pw"))}, w.RESPUsers)
	require.Equal(t, socket.AnyPort, w.RESPPort)

	cfg, err = settle(testMachine(nil), "--role", "master", "--resp-proxy", "--requirepass-file", one)
	require.NoError(t, err)
	m := cfg.master(zap.NewNop())
	require.True(t, m.RESPProxy)
	require.Equal(t, 7379, m.RESPPort)
	require.Len(t, m.RESPUsers, 1)

	both := secretFile(t, "default other\n")
	_, err = settle(testMachine(nil), "--role", "master", "--requirepass-file", one, "--users-file", both)
	require.ErrorIs(t, err, errUserTwice)
	require.NoError(t, os.Chmod(one, 0o644))
	cfg, err = settle(testMachine(nil), "--role", "master", "--requirepass-file", one)
	require.NoError(t, err)
	require.Len(t, cfg.warnings, 1)
	require.Contains(t, cfg.warnings[0], "others can read the password")
}
