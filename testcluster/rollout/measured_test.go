package rollout

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var measuredFile = flag.String("measured", "", "file for what was measured, by step, as JSON")

// measured is what the steps have measured. The benchmark reads it by these names.
type measured struct {
	Site     float64 `json:"site"`     // seconds from bare hosts to a cluster that serves
	Again    float64 `json:"again"`    // of a second run
	Upgrade  renewed `json:"upgrade"`  // of a master and three workers
	Rollback renewed `json:"rollback"` // of the same
	Power    renewed `json:"power"`    // one worker's power is cut, and comes back
	Grow     float64 `json:"grow"`     // seconds of site.yml with one host more
	Shrink   renewed `json:"shrink"`
}

// renewed is what became of a client that wrote and read meanwhile.
type renewed struct {
	Seconds  float64 `json:"seconds"`
	Requests int64   `json:"requests"`
	Failed   int     `json:"failed"`
	Lost     int     `json:"lost"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
}

// during adds how long it took.
func (r renewed) during(d time.Duration) renewed {
	r.Seconds = d.Seconds()
	return r
}

// save writes it down, if somebody wants it.
func (m *measured) save(t *testing.T) {
	t.Helper()
	if *measuredFile == "" {
		return
	}
	text, err := json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(*measuredFile, text, 0o644))
}
