package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheRolloutsFileIsRead by the names that the test of the playbooks writes.
func TestTheRolloutsFileIsRead(t *testing.T) {
	var m rolledOut
	require.NoError(t, json.Unmarshal([]byte(`{"site":36.25,"again":12,"upgrade":{"seconds":80,"requests":16000,"failed":0,"lost":0,"p99_ms":9.5,"max_ms":640},
		"power":{"seconds":20,"requests":4000,"failed":0,"lost":0,"p99_ms":12,"max_ms":1300},"grow":30,
		"shrink":{"seconds":15,"requests":3000,"failed":0,"lost":0,"p99_ms":8,"max_ms":90}}`), &m))
	text := rolloutSheet(m).text.String()
	for _, want := range []string{"36.2 s", "less than 90 s", "80.0 s", "16000", "640 ms", "1300 ms", "15.0 s"} {
		require.Contains(t, text, want)
	}
}
