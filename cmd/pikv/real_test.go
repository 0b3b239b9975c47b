package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

// realCluster starts a cluster of real nodes in this process, and returns it with a
// shell that talks to it.
func realCluster(t *testing.T, o testcluster.Options) (*testcluster.Cluster, func(line string) outcome) {
	t.Helper()
	c := testcluster.Start(t, o)
	t.Setenv("PIKV_SEEDS", strings.Join(c.Seeds(), ","))
	return c, func(line string) outcome {
		t.Helper()
		return pikv(t, strings.NewReader("from stdin"), strings.Fields(line)...)
	}
}

// eventually runs a command line until it prints what is wanted.
func eventually(t *testing.T, c *testcluster.Cluster, sh func(string) outcome, line, want string) outcome {
	t.Helper()
	var got outcome
	c.Eventually("pikv "+line+" to say "+want, func(context.Context) error {
		got = sh(line)
		if !strings.Contains(got.out+got.errOut, want) {
			return fmt.Errorf("%+v", got)
		}
		return nil
	})
	return got
}

// fields reads a JSON object.
func fields(t *testing.T, got outcome) map[string]any {
	t.Helper()
	var m map[string]any
	require.NoError(t, json.Unmarshal([]byte(got.out), &m), "%+v", got)
	return m
}
