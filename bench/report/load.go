package report

import (
	"errors"
	"fmt"
	"slices"

	"pikv/bench/study"
)

// Errors of Load.
var (
	// ErrUnfinished is returned for a folder whose run has not come to its end.
	ErrUnfinished = errors.New("the run is not finished: `pikv study run --resume` goes on where it stopped, `pikv study report --unfinished` shows what there is")
	// ErrForeignPoint is returned when a measurement is of a target that the run does not have.
	ErrForeignPoint = errors.New("files of different runs: measure into an empty folder")
)

// Data is what a folder holds.
type Data struct {
	Run     study.Run
	Points  []study.Point
	Samples []study.Sample
}

// Load reads the folder of a run. One that is not finished is refused unless
// unfinished says that it may be.
func Load(dir string, unfinished bool) (*Data, error) {
	var d Data
	var err error
	if d.Run, err = study.ReadRun(dir); err != nil {
		return nil, err
	}
	if d.Points, err = study.ReadPoints(dir); err != nil {
		return nil, err
	}
	if d.Samples, err = study.ReadTimeline(dir); err != nil {
		return nil, err
	}
	if !d.Run.Done && !unfinished {
		return nil, fmt.Errorf("read %s: %w", dir, ErrUnfinished)
	}
	return &d, d.check(dir)
}

// check finds what belongs to no target.
func (d *Data) check(dir string) error {
	for i, p := range d.Points {
		if _, ok := d.Run.Target(p.Target); !ok {
			return fmt.Errorf("read %s: line %d of %s is of target %q, which %s does not have: %w", dir, i+2, study.PointsFile, p.Target, study.RunFile, ErrForeignPoint)
		}
	}
	for i, s := range d.Samples {
		if _, ok := d.Run.Target(s.Target); !ok {
			return fmt.Errorf("read %s: line %d of %s is of target %q, which %s does not have: %w", dir, i+2, study.TimelineFile, s.Target, study.RunFile, ErrForeignPoint)
		}
	}
	return nil
}

// where returns the points that all of the conditions hold for.
func (d *Data) where(conditions ...func(study.Point) bool) []study.Point {
	var found []study.Point
	for _, p := range d.Points {
		if !slices.ContainsFunc(conditions, func(c func(study.Point) bool) bool { return !c(p) }) {
			found = append(found, p)
		}
	}
	return found
}

// Conditions of where.
func figureIs(id string) func(study.Point) bool {
	return func(p study.Point) bool { return p.Figure == id }
}
func targetIs(name string) func(study.Point) bool {
	return func(p study.Point) bool { return p.Target == name }
}
func measureIs(m string) func(study.Point) bool {
	return func(p study.Point) bool { return p.Measure == m }
}
func modeIs(mode string) func(study.Point) bool {
	return func(p study.Point) bool { return p.Mode == mode }
}
func storeIs(store string) func(study.Point) bool {
	return func(p study.Point) bool { return p.Store == store }
}
func opIs(op string) func(study.Point) bool {
	return func(p study.Point) bool { return p.Op == op }
}
func sizeIs(bytes int) func(study.Point) bool {
	return func(p study.Point) bool { return p.ValueBytes == bytes }
}
func workersAre(n int) func(study.Point) bool {
	return func(p study.Point) bool { return p.Workers == n }
}

// valuesOf returns the different values of a field, in order of appearance.
func valuesOf[K comparable](points []study.Point, field func(study.Point) K) []K {
	var values []K
	for _, p := range points {
		if v := field(p); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}

// numbersOf is valuesOf in ascending order.
func numbersOf(points []study.Point, field func(study.Point) int) []int {
	return slices.Sorted(slices.Values(valuesOf(points, field)))
}

func clientsOf(p study.Point) int  { return p.Clients }
func workersOf(p study.Point) int  { return p.Workers }
func replicasOf(p study.Point) int { return p.Replicas }
func sizeOf(p study.Point) int     { return p.ValueBytes }
func modeOf(p study.Point) string  { return p.Mode }
func opOf(p study.Point) string    { return p.Op }
func storeOf(p study.Point) string { return p.Store }
