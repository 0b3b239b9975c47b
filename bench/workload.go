package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"pikv/wire"
)

// Workload says what to ask of a cluster. Zero fields that have a default get
// it from New; the others must be set.
type Workload struct {
	// YCSB is the letter of the workload that this is, "" for none: for the
	// report only, AsYCSB fills in what it stands for.
	YCSB string `json:"ycsb,omitempty"`
	// Clients is the number of callers, each with one request under way.
	Clients int `json:"clients"`
	// Requests is how many requests to make, 0 for as many as fit Duration.
	Requests int64 `json:"requests,omitempty"`
	// Duration is how long to start requests, 0 until Requests are made.
	// One of the two is needed; with both, the first that is reached ends the run.
	Duration time.Duration `json:"duration_ns,omitempty"`
	// WarmUp is how long to make requests before those that count.
	WarmUp time.Duration `json:"warmup_ns,omitempty"`
	// ValueSize is the size of a written value in bytes.
	ValueSize int `json:"value_bytes"`
	// ValueMost is the largest size, when values have any size from
	// ValueSize on; 0 means that all have the same.
	ValueMost int `json:"value_bytes_most,omitempty"`
	// ReadShare is the share of requests that read, 0 to 1.
	ReadShare float64 `json:"read_share"`
	// Writes is what the other requests do; "" means Update.
	Writes WriteKind `json:"writes"`
	// Keys is the number of distinct keys before any are inserted; 0 means 1000.
	Keys int `json:"keys"`
	// Distribution is how keys are chosen; "" means Uniform.
	Distribution Distribution `json:"distribution"`
	// Prefix begins every key; "" means "bench:".
	Prefix string `json:"prefix"`
	// Proxy says, for the report only, that the stores go through the master.
	Proxy bool `json:"proxy"`
	// Rate is the number of requests per second to start, all callers
	// together, whether or not earlier ones are answered. A latency is then
	// counted from the moment that the request was due, so that a stall
	// shows in every request that it delayed. 0: each caller sends
	// its next request when the last one is answered. Those that are due within
	// Duration are all made: where the answers come slower the run is longer.
	Rate float64 `json:"rate,omitempty"`
	// Seed makes the choice of keys and of reads repeatable.
	Seed uint64 `json:"seed"`
}

// defaultPrefix begins the keys of a workload that gives none.
const defaultPrefix = "bench:"

// mostRate is a request each nanosecond: of an infinite rate no request would ever be due
// after the end.
const mostRate = float64(time.Second)

// withDefaults fills the fields that have a default.
func (w Workload) withDefaults() Workload {
	if w.Keys == 0 {
		w.Keys = 1000
	}
	if w.Prefix == "" {
		w.Prefix = defaultPrefix
	}
	if w.Writes == "" {
		w.Writes = Update
	}
	if w.Distribution == "" {
		w.Distribution = Uniform
	}
	return w
}

// Validate reports everything that is wrong with w.
func (w Workload) Validate() error {
	w = w.withDefaults()
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	largest := wire.DefaultLimits().Value
	check(w.Clients >= 1, "clients: %d is less than 1", w.Clients)
	check(w.Requests >= 0, "requests: %d is negative", w.Requests)
	check(w.Duration >= 0, "duration: %v is negative", w.Duration)
	check(w.Requests != 0 || w.Duration != 0, "requests or duration: one of them is needed")
	check(w.WarmUp >= 0, "warmup: %v is negative", w.WarmUp)
	check(w.ValueSize >= 0, "value size: %d is negative", w.ValueSize)
	check(w.ValueMost == 0 || w.ValueMost >= w.ValueSize, "value size: %d, the largest, is less than %d", w.ValueMost, w.ValueSize)
	check(w.sizes().Most <= largest, "value size: %d is more than %d, the largest value", w.sizes().Most, largest)
	check(w.ReadShare >= 0 && w.ReadShare <= 1, "read share: %v is not between 0 and 1", w.ReadShare)
	check(w.Writes == Update || w.Writes == Insert || w.Writes == ReadModifyWrite, "writes: %q is not %s, %s or %s", w.Writes, Update, Insert, ReadModifyWrite)
	check(w.Keys >= 0, "keys: %d is negative", w.Keys)
	check(w.Distribution == Uniform || w.Distribution == Zipfian || w.Distribution == Latest,
		"distribution: %q is not %s or %s", w.Distribution, Uniform, Zipfian)
	check(w.Distribution != Latest || w.Writes == Insert, "distribution: %s is for workloads that insert", Latest)
	check(w.Rate >= 0 && w.Rate <= mostRate, "rate: %v is not between 0 and %.0f", w.Rate, mostRate)
	return errors.Join(errs...)
}

// Reads reports whether any request reads, so that the keys should be there.
func (w Workload) Reads() bool { return w.ReadShare > 0 || w.Writes == ReadModifyWrite }

// sizes returns the range of the values' sizes.
func (w Workload) sizes() Sizes {
	return Sizes{Least: w.ValueSize, Most: max(w.ValueSize, w.ValueMost)}
}

// Key returns the name of key number i.
func (w Workload) Key(i int) string {
	const digits = 8 // at least; not by Sprintf, which costs more than a request's encoding
	prefix := w.Prefix
	if prefix == "" {
		prefix = defaultPrefix
	}
	number := strconv.Itoa(i)
	key := make([]byte, 0, len(prefix)+max(digits, len(number)))
	key = append(key, prefix...)
	for range digits - len(number) {
		key = append(key, '0')
	}
	return string(append(key, number...))
}

// Value returns the bytes of which every write stores as many, from the first
// on, as its size says. They do not compress.
func (w Workload) Value() []byte {
	src := rand.New(rand.NewPCG(w.Seed, 0))
	v := make([]byte, w.sizes().Most)
	for i := range v {
		v[i] = byte(src.Uint32())
	}
	return v
}
