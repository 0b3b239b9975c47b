package runner

import "pikv/bench/study"

// calm has a repeat measured, and again when too much of the processor time was stolen
// meanwhile, as long as spare lasts. It returns the one that lost least: what it has
// measured does not decide.
func calm(spare *int, measure func() (study.Point, error)) (best study.Point, err error) {
	for tries := 1; ; tries++ {
		p, err := measure()
		if err != nil {
			return p, err
		}
		if tries == 1 || p.Steal < best.Steal {
			best = p
		}
		best.Tries = tries
		if best.Mark != "" || best.Steal <= study.MostSteal || *spare == 0 {
			return best, nil
		}
		*spare--
	}
}
