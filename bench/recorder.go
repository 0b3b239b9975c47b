package bench

import (
	"errors"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pikv/client"
)

// Histograms count microseconds: from one to maxLatency, to three digits.
const (
	maxLatency = 10 * time.Minute
	digits     = 3
)

// stripes is how many callers record without getting in each other's way. A
// stripe takes some 300 KiB, so not every caller has its own.
const stripes = 16

// recorder collects what the callers saw.
type recorder struct{ stripes [stripes]stripe }

// stripe is the part of the recorder that some callers share.
type stripe struct {
	mu       sync.Mutex
	answered [operations]*hdrhistogram.Histogram // by what they did; nil until the first
	missing  int64                               // reads of a key that does not exist: answered, too
	errors   int64
	texts    map[string]int64 // errors by text, maxTexts of them
}

// maxTexts bounds the distinct error texts kept in each stripe and shown.
const maxTexts = 8

func (r *recorder) stripe(caller int) *stripe { return &r.stripes[caller%stripes] }

// record counts one request.
func (s *stripe) record(op operation, latency time.Duration, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, client.ErrNotFound) {
		s.missing++
		err = nil
	}
	if err != nil {
		s.errors++
		if s.texts == nil {
			s.texts = make(map[string]int64)
		}
		if text := err.Error(); s.texts[text] > 0 || len(s.texts) < maxTexts {
			s.texts[text]++
		}
		return
	}
	h := s.answered[op]
	if h == nil {
		h = newHistogram()
		s.answered[op] = h
	}
	// Out of range is a latency over ten minutes: it counts as those.
	_ = h.RecordValue(min(max(latency, time.Microsecond), maxLatency).Microseconds())
}

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, maxLatency.Microseconds(), digits)
}

// result merges the stripes. No caller may be recording any more.
func (r *recorder) result(w Workload, elapsed time.Duration) Result {
	var by [operations]*hdrhistogram.Histogram
	for op := range by {
		by[op] = newHistogram()
	}
	res := Result{Workload: w, Elapsed: elapsed, ErrorTexts: make(map[string]int64)}
	for i := range r.stripes {
		s := &r.stripes[i]
		for op, h := range s.answered {
			if h != nil {
				by[op].Merge(h)
			}
		}
		res.Missing += s.missing
		res.Errors += s.errors
		for text, n := range s.texts {
			if res.ErrorTexts[text] > 0 || len(res.ErrorTexts) < maxTexts {
				res.ErrorTexts[text] += n
			}
		}
	}
	res.histogram = newHistogram()
	for _, h := range by {
		res.histogram.Merge(h)
	}
	res.All, res.Reads, res.Writes = latencyOf(res.histogram), latencyOf(by[opRead]), latencyOf(by[opWrite])
	if rmw := latencyOf(by[opReadModifyWrite]); rmw.Count > 0 {
		res.ReadModifyWrites = &rmw
	}
	if s := elapsed.Seconds(); s > 0 {
		res.Throughput = float64(res.All.Count) / s
	}
	return res
}
