package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client/clienttest"
	"pikv/wire"
)

func TestPutAndGet(t *testing.T) {
	c := clienttest.New(t, 3, 16)
	sh := shell(t, c)
	for line, want := range map[string]string{
		"put k v":              "v",
		"put k -- -5":          "-5",
		"put k -":              "from stdin",
		"put k --ttl 1h v2":    "v2",
		"put k v3 --ttl=1h":    "v3",
		"put -- k --json":      "--json",
		"put k -- -":           "from stdin",
		"put --timeout=5s k 1": "1",
	} {
		require.Equal(t, quiet, sh(line), line)
		printed(t, want, sh("get k"))
	}
	require.Equal(t, quiet, pikv(t, nil, "put", "empty", ""))
	printed(t, "", sh("get empty"))
	printed(t, `{
  "key": "k",
  "bytes": 1,
  "version": 10
}
`, sh("put k v --json"))
	printed(t, `{
  "key": "k",
  "bytes": 1,
  "value": "v"
}
`, sh("--json get k"))
	require.Equal(t, quiet, pikv(t, bytes.NewReader([]byte{0, 255, '\n'}), "put", "bin", "-"))
	printed(t, "\x00\xff\n", sh("get bin"))
	printed(t, `{
  "key": "bin",
  "bytes": 3,
  "base64": "AP8K"
}
`, sh("get bin --json"))
}

func TestFilesInAndOut(t *testing.T) {
	sh := shell(t, clienttest.New(t, 2, 16))
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	data := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	require.NoError(t, os.WriteFile(in, data, 0o600))
	require.Equal(t, quiet, sh("put k --file "+in))
	require.Equal(t, quiet, sh("get k --out "+out))
	got, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, data, got)
	printed(t, string(data), sh("get k --out -"))

	// A get that fails leaves the file as it was, and nothing beside it.
	require.Equal(t, exitNotFound, sh("get absent --out "+out).code)
	got, err = os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, data, got)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)

	missing := sh("put k --file " + filepath.Join(dir, "absent"))
	require.Equal(t, exitFailed, missing.code)
	require.Contains(t, missing.errOut, "no such file")
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestTooLargeIsRefusedBeforeSending: by size if it is known, else after one
// byte too many.
func TestTooLargeIsRefusedBeforeSending(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	shell(t, c)
	name := filepath.Join(t.TempDir(), "sparse")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	require.NoError(t, os.Truncate(name, wire.MaxValue+1))
	for _, got := range []outcome{
		pikv(t, zeros{}, "put", "k", "-"),
		pikv(t, nil, "put", "k", "--file", name),
	} {
		require.Equal(t, exitFailed, got.code)
		require.Contains(t, got.errOut, "over the limit of 67108864 bytes: nothing was stored")
	}
	long := pikv(t, nil, "put", strings.Repeat("k", wire.MaxKey+1), "v")
	require.Equal(t, exitFailed, long.code)
	require.Contains(t, long.errOut, "key of 65537 bytes is over the limit")
	empty := pikv(t, nil, "put", "", "v")
	require.Equal(t, outcome{exitFailed, "", "pikv: empty key (empty_key)\n"}, empty)
	require.Empty(t, c.Workers[0].Requests())
}

func TestDelAndMget(t *testing.T) {
	sh := shell(t, clienttest.New(t, 3, 16))
	for _, line := range []string{"put a 1", "put b two", "put c 3"} {
		require.Equal(t, quiet, sh(line))
	}
	printed(t, "KEY  BYTES  VALUE\na    1      1\nb    3      two\n", sh("mget a b"))
	some := sh("mget a absent b")
	require.Equal(t, outcome{exitNotFound,
		"KEY     BYTES  VALUE\na       1      1\nabsent  -      (not found)\nb       3      two\n",
		"pikv: \"absent\": key not found\n"}, some)
	printed(t, `[
  {
    "key": "a",
    "found": true,
    "value": "1"
  }
]
`, sh("mget a --json"))
	printed(t, "2 deleted\n", sh("del a absent b"))
	printed(t, "0 deleted\n", sh("del a"))
	printed(t, "{\n  \"deleted\": 1\n}\n", sh("del c --json"))
}

func TestPreview(t *testing.T) {
	for in, want := range map[string]string{
		"plain text": "plain text", "": `""`, "a\tb": `"a\tb"`, "\x00\xff": `"\x00\xff"`, `q"q`: `"q\"q"`, "grüezi": "grüezi",
		strings.Repeat("x", 61): strings.Repeat("x", 60) + "...",
	} {
		require.Equal(t, want, preview([]byte(in)))
	}
}

func TestKeysCommand(t *testing.T) {
	sh := shell(t, clienttest.New(t, 1, 1)) // one partition: sorted by the test cluster
	printed(t, "", sh("keys"))
	printed(t, "[]\n", sh("keys --json"))
	for _, line := range []string{"put a:1 v", "put a:2 v", "put b v"} {
		require.Equal(t, quiet, sh(line))
	}
	require.Equal(t, quiet, pikv(t, nil, "put", "c\xff", "v"))
	printed(t, "a:1\na:2\nb\nc\xff\n", sh("keys"))
	printed(t, "a:1\na:2\n", sh("keys --prefix a:"))
	printed(t, "[\n  {\"value\":\"b\"}\n]\n", sh("keys --prefix b --json"))
	printed(t, "[\n  {\"base64\":\"Y/8=\"}\n]\n", sh("keys --prefix c --json"))
}

func TestExitCodes(t *testing.T) {
	sh := shell(t, clienttest.New(t, 1, 8))
	missing := sh("get absent")
	require.Equal(t, outcome{exitNotFound, "", "pikv: get \"absent\": key not found\n"}, missing)

	const addr = "127.0.0.1:1"
	down := sh("get k --timeout 1s --seeds " + addr)
	require.Equal(t, outcome{exitUnavailable, "",
		"pikv: no node answers at " + addr + " (connection refused): is pikvd running? --seeds or PIKV_SEEDS may name more nodes, workers too\n"}, down)

	alone := clienttest.New(t, 0, 0)
	none := sh("get k --seeds " + alone.Master.Addr)
	require.Equal(t, exitUnavailable, none.code)
	require.Contains(t, none.errOut, "the cluster has no workers yet: start one")
}

// TestInterrupt: Ctrl-C while a value is read from a pipe that never ends, and
// while a node does not answer.
func TestInterrupt(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	shell(t, c)
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := pikvCtx(ctx, r, "put", "k", "-")
	require.Equal(t, outcome{exitFailed, "", "pikv: interrupted\n"}, got)

	// An answer that never comes: the request itself pulls the plug.
	interrupted := func(args ...string) outcome {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c.Workers[0].Intercept(func(clienttest.Request) clienttest.Fault {
			cancel()
			return clienttest.Fault{Hang: true}
		})
		return pikvCtx(ctx, nil, args...)
	}
	require.Equal(t, outcome{exitFailed, "", "pikv: interrupted\n"}, interrupted("get", "k"))
	got = interrupted("put", "k", "v")
	require.Equal(t, exitFailed, got.code)
	require.Contains(t, got.errOut, "may or may not have taken effect", "a write that was sent")
}
