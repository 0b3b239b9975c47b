package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func sample(t *testing.T) Result {
	t.Helper()
	var rec recorder
	for i := range 1000 {
		rec.stripe(i).record(i%2 == 0, time.Duration(i+1)*100*time.Microsecond, nil)
	}
	rec.stripe(1).record(true, time.Millisecond, errors.New("get \"k\": too bad"))
	return rec.result(Workload{Clients: 5, ReadShare: 0.5, ValueSize: 128, Keys: 10, Proxy: true}, 2*time.Second)
}

func TestWriteText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample(t).WriteText(&b))
	require.Equal(t, `1001 requests by 5 clients in 2.00 s, through the master, values of 128 bytes, 50 % reads
500 requests/s, 0.06 MB/s of values

          count      mean       p50       p95       p99       max
   reads    500  50.00 ms  49.92 ms  94.91 ms  98.94 ms  99.90 ms
  writes    500  50.10 ms  50.02 ms  95.04 ms  99.01 ms  100.0 ms
     all   1000  50.05 ms  50.02 ms  95.04 ms  99.01 ms  100.0 ms

1 errors
  1 x get "k": too bad
`, b.String())
}

func TestResultAsJSON(t *testing.T) {
	b, err := json.Marshal(sample(t))
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(b, &got))
	require.Equal(t, 500.0, got["requests_per_second"])
	require.Equal(t, 1.0, got["errors"])
	require.Equal(t, true, got["workload"].(map[string]any)["proxy"])
	require.InDelta(t, 50_000, got["all"].(map[string]any)["p50_us"], 50)
}

func TestLatencyBeyondTheScaleCounts(t *testing.T) {
	var rec recorder
	rec.stripe(0).record(true, time.Hour, nil)
	rec.stripe(0).record(true, 0, nil)
	res := rec.result(Workload{}, time.Second)
	require.Equal(t, int64(2), res.All.Count)
	require.InDelta(t, maxLatency.Microseconds(), res.All.MaxUS, 1e6)
}
