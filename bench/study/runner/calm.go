package runner

import "pikv/bench/study"

// loss is what a try suffered from.
type loss struct {
	steal float64 // percent of the processor time that was stolen
	final bool    // it is kept whatever was stolen, as it is marked for another reason
}

// lossOf is that of a repeat.
func lossOf(p study.Point) loss { return loss{p.Steal, p.Mark != ""} }

// calm measures, and again when too much of the processor time was stolen meanwhile, as
// long as spare lasts. It returns the try that lost least, and how many there were: what
// was measured does not decide.
func calm[T any](spare *int, measure func() (T, error), of func(T) loss) (best T, tries int, err error) {
	for tries = 1; ; tries++ {
		got, err := measure()
		if err != nil {
			return got, tries, err
		}
		if tries == 1 || of(got).steal < of(best).steal {
			best = got
		}
		if l := of(best); l.final || l.steal <= study.MostSteal || *spare == 0 {
			return best, tries, nil
		}
		*spare--
	}
}
