package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client/clienttest"
	"pikv/testcluster/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

// outcome is what a command line did.
type outcome struct {
	code        int
	out, errOut string
}

// pikv runs a command line.
func pikv(t *testing.T, stdin io.Reader, args ...string) outcome {
	t.Helper()
	return pikvCtx(t.Context(), stdin, args...)
}

func pikvCtx(ctx context.Context, stdin io.Reader, args ...string) outcome {
	var out, errOut bytes.Buffer
	code := run(ctx, env{stdin: stdin, stdout: &out, stderr: &errOut}, args)
	return outcome{code, out.String(), errOut.String()}
}

// shell runs command lines against one cluster, words separated by spaces.
func shell(t *testing.T, c *clienttest.Cluster) func(line string) outcome {
	t.Setenv("PIKV_SEEDS", c.Master.Addr)
	return func(line string) outcome {
		t.Helper()
		return pikv(t, strings.NewReader("from stdin"), strings.Fields(line)...)
	}
}

// quiet is a command that worked and printed nothing.
var quiet = outcome{}

// require that a command line printed exactly out.
func printed(t *testing.T, out string, got outcome) {
	t.Helper()
	require.Equal(t, outcome{exitDone, out, ""}, got)
}
