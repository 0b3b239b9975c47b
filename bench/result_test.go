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
		rec.stripe(i).record(operation(i%2), time.Duration(i+1)*100*time.Microsecond, nil)
	}
	rec.stripe(1).record(opRead, time.Millisecond, errors.New("get \"k\": too bad"))
	return rec.result(Workload{Clients: 5, ReadShare: 0.5, ValueSize: 128, Keys: 10, Proxy: true}, 2*time.Second)
}

func TestWriteText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample(t).WriteText(&b))
	require.Equal(t, `1001 requests by 5 clients in 2.00 s, through the master, values of 128 bytes, 50 % reads
500 requests/s, 0.06 MB/s of values

          count      mean       p50       p95       p99     p99.9    p99.99       max
   reads    500  50.00 ms  49.92 ms  94.91 ms  98.94 ms  99.90 ms  99.90 ms  99.90 ms
  writes    500  50.10 ms  50.02 ms  95.04 ms  99.01 ms  100.0 ms  100.0 ms  100.0 ms
     all   1000  50.05 ms  50.02 ms  95.04 ms  99.01 ms  99.90 ms  100.0 ms  100.0 ms

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
	rec.stripe(0).record(opRead, time.Hour, nil)
	rec.stripe(0).record(opRead, 0, nil)
	res := rec.result(Workload{}, time.Second)
	require.Equal(t, int64(2), res.All.Count)
	require.InDelta(t, maxLatency.Microseconds(), res.All.MaxUS, 1e6)
}

// TestWhatIsUnusualIsSaid, and what was measured besides.
func TestWhatIsUnusualIsSaid(t *testing.T) {
	var rec recorder
	for range 100 {
		rec.stripe(0).record(opRead, time.Millisecond, nil)
		rec.stripe(0).record(opReadModifyWrite, 2*time.Millisecond, nil)
	}
	w, err := Workload{Clients: 5, ValueSize: 64, ValueMost: 192, Keys: 10, Rate: 200}.AsYCSB("F")
	require.NoError(t, err)
	r := rec.result(w, time.Second)
	r.Load = &Loaded{Keys: 10, Elapsed: 500 * time.Millisecond, Throughput: 20, Writes: Latency{P50US: 1000, P99US: 2500}}
	r.Observed(3, 5*time.Millisecond)
	var b bytes.Buffer
	require.NoError(t, r.WriteText(&b))
	require.Equal(t, `load: 10 keys written in 0.50 s, 20 requests/s, p50 1.000 ms, p99 2.500 ms

200 requests by 5 clients in 1.00 s, direct, values of 64-192 bytes, 50 % reads
YCSB F, 10 keys, zipfian (theta 0.99, scrambled), writes read the key first
200 requests/s, 0.04 MB/s of values
due 200 requests/s; latencies count from the moment that a request was due
25.0 us of processor time per request in all nodes together (processes on this machine: 3)

                      count      mean       p50       p95       p99     p99.9    p99.99       max
               reads    100  1.000 ms  1.000 ms  1.000 ms  1.000 ms  1.000 ms  1.000 ms  1.000 ms
  read-modify-writes    100  2.000 ms  2.000 ms  2.000 ms  2.000 ms  2.000 ms  2.000 ms  2.000 ms
                 all    200  1.500 ms  1.000 ms  2.000 ms  2.000 ms  2.000 ms  2.000 ms  2.000 ms

0 errors
`, b.String())
	got, err := json.Marshal(r)
	require.NoError(t, err)
	for _, field := range []string{`"ycsb":"F"`, `"value_bytes":64`, `"value_bytes_most":192`, `"distribution":"zipfian"`, `"writes":"read-modify-write"`,
		`"read_modify_writes":{"count":100`, `"p9999_us":`, `"server_cpu":{"processes":3,"us_per_request":25}`, `"load":{"keys":10,`} {
		require.Contains(t, string(got), field)
	}
	r = Result{}
	r.Observed(3, time.Second)
	require.Nil(t, r.Server, "nothing was answered")
}

func TestHistogramAsText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, sample(t).WriteHistogram(&b))
	require.Contains(t, b.String(), "Value\tPercentile\tTotalCount\t1/(1-Percentile)")
	require.Regexp(t, `50\.\d+\s+0\.50\d*\s+50\d`, b.String())
	require.Contains(t, b.String(), "Total count    =         1000")
	require.Error(t, Result{}.WriteHistogram(&b))
}
