package study

import "time"

// Step is a point of a figure, or a timeline, that is to be measured.
type Step struct {
	Figure     string
	Store      string
	Mode       string
	Workers    int
	Replicas   int
	Clients    int
	ValueBytes int
	Op         string
	Measure    string

	Repeats  int
	Requests int64         // of each repeat, for Latency
	Duration time.Duration // of each repeat, for Throughput and timelines; as the target's clocks go
	Keys     int           // that the requests are about
	Even     bool          // the keys are chosen so that each worker has as many
	Once     bool          // a repeat writes each key once, one after the other
	Event    string        // that is watched: the step is a timeline; "" for points
	Rate     float64       // requests a second, of a timeline
}

// Is reports whether p is a repeat of s, on whatever target.
func (s Step) Is(p Point) bool {
	return s.Event == "" && s.Figure == p.Figure && s.Store == p.Store && s.Mode == p.Mode && s.Workers == p.Workers && s.Replicas == p.Replicas &&
		s.Clients == p.Clients && s.ValueBytes == p.ValueBytes && s.Op == p.Op && s.Measure == p.Measure
}

// Point returns a point that has what s has.
func (s Step) Point() Point {
	return Point{
		Figure: s.Figure, Store: s.Store, Mode: s.Mode, Workers: s.Workers, Replicas: s.Replicas,
		Clients: s.Clients, ValueBytes: s.ValueBytes, Op: s.Op, Measure: s.Measure,
	}
}

// Weight is about how long a repeat takes, for bars that show progress: seconds of
// a computer of the study.
func (s Step) Weight() float64 {
	const (
		rate  = 4000.0 // requests a second
		bytes = 10e6   // a second
		about = 3      // seconds of a timeline before its clock runs
	)
	if s.Event != "" {
		return s.Duration.Seconds() + about
	}
	n := float64(s.Requests)
	if s.Once {
		n = float64(s.Keys)
	}
	return s.Duration.Seconds() + n/rate + n*float64(s.ValueBytes)/bytes
}
