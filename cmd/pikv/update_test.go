package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
)

func TestConditionalWrites(t *testing.T) {
	_, sh := realCluster(t, testcluster.Options{Workers: 2})
	failed := func(key, why string) outcome {
		return outcome{exitCondition, "", fmt.Sprintf("pikv: put %q: the condition does not hold: %s; nothing was changed (condition_failed)\n", key, why)}
	}
	require.Equal(t, failed("k", "there is no such key"), sh("put k v --xx"))
	require.Equal(t, failed("k", "there is no such key"), sh("put k v --if-version 7"))
	require.Equal(t, quiet, sh("put k one --nx"))
	first := fields(t, sh("get k --with-version --json"))
	version := fmt.Sprint(int(first["version"].(float64)))
	require.Equal(t, failed("k", "the key has version "+version), sh("put k v --nx"))
	require.Equal(t, failed("k", "the key has version "+version), sh("put k v --if-version 0"))
	printed(t, version+"\none", sh("get k --with-version"))

	require.Equal(t, quiet, sh("put k two --xx"))
	require.Equal(t, exitCondition, sh("put k three --if-version "+version).code, "it has moved on")
	version = strings.SplitN(sh("get --with-version k").out, "\n", 2)[0]
	written := fields(t, sh("put k three --json --if-version "+version))
	require.NotEqual(t, version, fmt.Sprint(int(written["version"].(float64))))
	printed(t, "three", sh("get k"))
	require.Equal(t, quiet, sh("put absent v --if-version 0"))
}

func TestIncrCommand(t *testing.T) {
	_, sh := realCluster(t, testcluster.Options{Workers: 2})
	printed(t, "1\n", sh("incr n"))
	printed(t, "42\n", sh("incr n 41"))
	printed(t, "40\n", sh("incr n -2"))
	printed(t, "39\n", sh("incr n -- -1"))
	printed(t, "{\n  \"key\": \"n\",\n  \"value\": 40\n}\n", sh("incr n --json"))
	printed(t, "40", sh("get n"))
	require.Equal(t, quiet, sh("put text v"))
	got := sh("incr text")
	require.Equal(t, exitFailed, got.code)
	require.Contains(t, got.errOut, "nothing was changed (not_integer)")
	require.Equal(t, quiet, sh("put top 9223372036854775807"))
	require.Contains(t, sh("incr top").errOut, "the range of 64 bits")
	printed(t, "9223372036854775807", sh("get top"))
}

func TestGetsetCommand(t *testing.T) {
	_, sh := realCluster(t, testcluster.Options{Workers: 2})
	require.Equal(t, quiet, sh("getset k one"), "nothing was there")
	printed(t, "one", sh("getset k two --ttl 1h"))
	printed(t, "two", sh("getset k -"))
	printed(t, "{\n  \"key\": \"k\",\n  \"existed\": true,\n  \"value\": \"from stdin\"\n}\n", sh("getset k v --json"))
	printed(t, "{\n  \"key\": \"absent\",\n  \"existed\": false\n}\n", sh("getset absent v --json"))
}
