package study

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// What happens to a cluster while it is watched.
const (
	Kill  = "kill"  // a worker dies
	Join  = "join"  // a worker comes
	Drain = "drain" // a worker hands over and leaves
	Wake  = "wake"  // a spare is given its part
)

// Sample is what a user saw in a moment of F7, or, if Moment is set, when
// something was done to the cluster.
type Sample struct {
	Target string
	Mode   string  // Direct or Proxied
	Event  string  // Kill, Join, Drain or Wake: which timeline this is
	At     float64 // milliseconds since the timeline began; of a sample, its end
	Due    float64 // requests per second that were to be made; 0 after the end of the timeline, when those that are late are waited for
	Rate   float64 // answered requests per second
	P99    float64 // microseconds
	Failed int64
	Steal  float64 // percent of this machine's processor time that its host gave to others
	Moment string  // what was done then, in words; "" for a sample
	Mark   string  // why the timeline is suspect, the same in all of its samples; "" if it is good
}

// Stolen returns the percentage of this machine's processor time that others took during
// a timeline.
func Stolen(timeline []Sample) float64 {
	sum, n := 0.0, 0
	for _, s := range timeline {
		if s.Moment == "" {
			sum, n = sum+s.Steal, n+1
		}
	}
	return sum / float64(max(n, 1))
}

// TimelineFile is the name of the file with the samples.
const TimelineFile = "timeline.csv"

// ReadTimeline reads the samples of a folder, in the order of their time in each
// timeline. A folder without the file has none.
func ReadTimeline(dir string) ([]Sample, error) {
	return readFile(filepath.Join(dir, TimelineFile), sampleColumns)
}

// WriteTimeline puts samples in a folder in place of those that are there: all or none.
func WriteTimeline(dir string, samples []Sample) error {
	name := filepath.Join(dir, TimelineFile)
	if err := os.Remove(name + ".new"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("write the timelines: %w", err)
	}
	f, err := appendFile(name+".new", sampleColumns)
	if err != nil {
		return err
	}
	for _, s := range samples {
		if err := f.Append(s); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write the timelines: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("write the timelines: %w", err)
	}
	return nil
}

// sampleColumns are the columns of TimelineFile.
var sampleColumns = []column[Sample]{
	{"target", func(s *Sample) any { return &s.Target }},
	{"mode", func(s *Sample) any { return &s.Mode }},
	{"event", func(s *Sample) any { return &s.Event }},
	{"at_ms", func(s *Sample) any { return &s.At }},
	{"due_per_s", func(s *Sample) any { return &s.Due }},
	{"ops_per_s", func(s *Sample) any { return &s.Rate }},
	{"p99_us", func(s *Sample) any { return &s.P99 }},
	{"failed", func(s *Sample) any { return &s.Failed }},
	{"steal", func(s *Sample) any { return &s.Steal }},
	{"moment", func(s *Sample) any { return &s.Moment }},
	{"mark", func(s *Sample) any { return &s.Mark }},
}
