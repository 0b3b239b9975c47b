package inspect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"runtime/metrics"
	"slices"
)

// Metrics are readings of the runtime by the names that package runtime/metrics
// gives them. As JSON they are one object: a name has a number, or the list of
// a histogram's buckets.
type Metrics struct {
	Numbers    map[string]float64
	Histograms map[string]Histogram
}

// Histogram is a distribution: its buckets in ascending order, without those
// that are empty.
type Histogram []Bucket

// Bucket counts the values from From up to, but without, To. An end that is
// infinite is absent from JSON and nil here.
type Bucket struct {
	From *float64 `json:"from,omitempty"`
	To   *float64 `json:"to,omitempty"`
	N    uint64   `json:"n"`
}

// Read reads what the runtime offers.
func Read() Metrics {
	all := metrics.All()
	samples := make([]metrics.Sample, len(all))
	for i, d := range all {
		samples[i].Name = d.Name
	}
	metrics.Read(samples)
	m := Metrics{Numbers: make(map[string]float64), Histograms: make(map[string]Histogram)}
	for _, s := range samples {
		switch s.Value.Kind() {
		case metrics.KindUint64:
			m.Numbers[s.Name] = float64(s.Value.Uint64())
		case metrics.KindFloat64:
			m.Numbers[s.Name] = s.Value.Float64()
		case metrics.KindFloat64Histogram:
			m.Histograms[s.Name] = histogramOf(s.Value.Float64Histogram())
		case metrics.KindBad: // this runtime does not have it
		}
	}
	return m
}

// histogramOf copies the buckets that are not empty.
func histogramOf(h *metrics.Float64Histogram) Histogram {
	out := Histogram{} // not nil: a list without elements, also in JSON
	for i, n := range h.Counts {
		if n > 0 {
			out = append(out, Bucket{From: finite(h.Buckets[i]), To: finite(h.Buckets[i+1]), N: n})
		}
	}
	return out
}

// finite returns nil for an end that JSON cannot say.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// MarshalJSON writes one object.
func (m Metrics) MarshalJSON() ([]byte, error) {
	all := make(map[string]any, len(m.Numbers)+len(m.Histograms))
	for name, v := range m.Numbers {
		all[name] = v
	}
	for name, h := range m.Histograms {
		all[name] = h
	}
	return json.Marshal(all)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Metrics) UnmarshalJSON(data []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	*m = Metrics{Numbers: make(map[string]float64), Histograms: make(map[string]Histogram)}
	for name, raw := range all {
		var err error
		if len(raw) > 0 && raw[0] == '[' {
			var h Histogram
			err = json.Unmarshal(raw, &h)
			m.Histograms[name] = h
		} else {
			var v float64
			err = json.Unmarshal(raw, &v)
			m.Numbers[name] = v
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Since returns what was counted after an earlier reading of the same
// histogram.
func (h Histogram) Since(before Histogram) Histogram {
	was := make(map[float64]uint64, len(before))
	for _, b := range before {
		was[b.from()] = b.N
	}
	var out Histogram
	for _, b := range h {
		if b.N -= min(b.N, was[b.from()]); b.N > 0 {
			out = append(out, b)
		}
	}
	return out
}

// And returns what h and another histogram with the same buckets counted together.
func (h Histogram) And(other Histogram) Histogram {
	all := slices.Concat(h, other)
	slices.SortFunc(all, func(a, b Bucket) int { return cmp.Compare(a.from(), b.from()) })
	var out Histogram
	for _, b := range all {
		if last := len(out) - 1; last >= 0 && out[last].from() == b.from() {
			out[last].N += b.N
		} else {
			out = append(out, b)
		}
	}
	return out
}

// Count returns the number of values.
func (h Histogram) Count() (n uint64) {
	for _, b := range h {
		n += b.N
	}
	return n
}

// AtMost returns what the share q of the values, 0 to 1, is at most: the upper
// end of a bucket, infinite for the last one, 0 when there are no values.
func (h Histogram) AtMost(q float64) float64 {
	rank := max(uint64(math.Ceil(q*float64(h.Count()))), 1)
	for _, b := range h {
		if b.N >= rank {
			return b.to()
		}
		rank -= b.N
	}
	return 0
}

func (b Bucket) from() float64 {
	if b.From == nil {
		return math.Inf(-1)
	}
	return *b.From
}

func (b Bucket) to() float64 {
	if b.To == nil {
		return math.Inf(1)
	}
	return *b.To
}
