package bench

import (
	"context"
	"fmt"
	"time"
)

// Loaded is what it took to write every key once, one by one.
type Loaded struct {
	Keys       int           `json:"keys"`
	Elapsed    time.Duration `json:"elapsed_ns"`
	Throughput float64       `json:"requests_per_second"`
	Writes     Latency       `json:"writes"`
}

// Load writes every key of the workload, as its callers write, but as fast as
// the answers come. That a write fails is an error: the keys would not be there
// to be read.
func (b *Bench) Load(ctx context.Context) (Loaded, error) {
	r, err := b.WriteAll(ctx)
	if err != nil {
		return Loaded{}, err
	}
	if r.Errors > 0 {
		for text := range r.ErrorTexts {
			return Loaded{}, fmt.Errorf("load: %d of %d writes failed: %s", r.Errors, b.w.Keys, text)
		}
	}
	return Loaded{Keys: b.w.Keys, Elapsed: r.Elapsed, Throughput: r.Throughput, Writes: r.Writes}, nil
}

// WriteAll is Load for whom the writes are what is measured: some may fail.
func (b *Bench) WriteAll(ctx context.Context) (Result, error) {
	p := &phase{name: "load", total: int64(b.w.Keys), request: b.choose.load}
	elapsed := b.run(ctx, p)
	return p.rec.result(b.w, elapsed), ctx.Err()
}
