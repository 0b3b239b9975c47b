package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Workload says what to ask of a cluster. Zero fields that have a default get
// it from Run; the others must be set.
type Workload struct {
	// Clients is the number of callers, each with one request under way.
	Clients int `json:"clients"`
	// Requests is how many requests to make, 0 for as many as fit Duration.
	Requests int64 `json:"requests,omitempty"`
	// Duration is how long to start requests, 0 until Requests are made.
	// One of the two is needed; with both, the first that is reached ends the run.
	Duration time.Duration `json:"duration_ns,omitempty"`
	// ValueSize is the size of a written value in bytes.
	ValueSize int `json:"value_bytes"`
	// ReadShare is the share of requests that read, 0 to 1.
	ReadShare float64 `json:"read_share"`
	// Keys is the number of distinct keys, chosen evenly; 0 means 1000.
	Keys int `json:"keys"`
	// Prefix begins every key; "" means "bench:".
	Prefix string `json:"prefix"`
	// Proxy says, for the report only, that the stores go through the master.
	Proxy bool `json:"proxy"`
	// Rate is the number of requests per second to start, all callers
	// together, whether or not earlier ones are answered. A latency is then
	// counted from the moment that the request was due, so that a stall
	// shows in every request that it delayed. 0: each caller sends
	// its next request when the last one is answered.
	Rate float64 `json:"rate,omitempty"`
	// Seed makes the choice of keys and of reads repeatable.
	Seed uint64 `json:"seed"`
}

// withDefaults fills the fields that have a default.
func (w Workload) withDefaults() Workload {
	if w.Keys == 0 {
		w.Keys = 1000
	}
	if w.Prefix == "" {
		w.Prefix = "bench:"
	}
	return w
}

// Validate reports everything that is wrong with w.
func (w Workload) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(w.Clients >= 1, "clients: %d is less than 1", w.Clients)
	check(w.Requests >= 0, "requests: %d is negative", w.Requests)
	check(w.Duration >= 0, "duration: %v is negative", w.Duration)
	check(w.Requests > 0 || w.Duration > 0, "requests or duration: one of them is needed")
	check(w.ValueSize >= 0, "value size: %d is negative", w.ValueSize)
	check(w.ReadShare >= 0 && w.ReadShare <= 1, "read share: %v is not between 0 and 1", w.ReadShare)
	check(w.Keys >= 0, "keys: %d is negative", w.Keys)
	check(w.Rate >= 0, "rate: %v is negative", w.Rate)
	return errors.Join(errs...)
}

// Key returns the name of key number i.
func (w Workload) Key(i int) string {
	return fmt.Sprintf("%s%08d", w.withDefaults().Prefix, i)
}

// Value returns the bytes that every write stores. They do not compress.
func (w Workload) Value() []byte {
	src := rand.New(rand.NewPCG(w.Seed, 0))
	v := make([]byte, w.ValueSize)
	for i := range v {
		v[i] = byte(src.Uint32())
	}
	return v
}

// choose decides what request number n is.
func (w Workload) choose(n int64) (key int, read bool) {
	src := rand.New(rand.NewPCG(w.Seed, uint64(n)))
	return src.IntN(w.Keys), src.Float64() < w.ReadShare
}
