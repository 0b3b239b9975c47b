package report

import (
	"math"

	"gonum.org/v1/plot"
)

// linear places five to twelve ticks at round numbers.
type linear struct{ bytes bool }

// Ticks implements plot.Ticker.
func (l linear) Ticks(low, high float64) []plot.Tick {
	step := roundStep((high - low) / 8)
	var ticks []plot.Tick
	for i := math.Ceil(low/step - 1e-9); i*step <= high*(1+1e-9); i++ {
		ticks = append(ticks, plot.Tick{Value: i * step, Label: tickText(i*step, l.bytes)})
	}
	return ticks
}

// roundStep returns the smallest of 1, 2 and 5 times a power of ten that is at
// least x.
func roundStep(x float64) float64 {
	if !(x > 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= x*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// logarithmic places ticks at powers of ten, with the others from 2 to 9 between
// them; an axis of two decades or fewer has labels at 2 and 5, too.
type logarithmic struct{ bytes bool }

// Ticks implements plot.Ticker.
func (l logarithmic) Ticks(low, high float64) []plot.Tick {
	decades := math.Log10(high / low)
	var ticks []plot.Tick
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for m := 1.0; m < 10; m++ {
			x := m * math.Pow(10, e)
			if x < low*(1-1e-9) || x > high*(1+1e-9) {
				continue
			}
			t := plot.Tick{Value: x}
			if m == 1 || decades < 2.01 && (m == 2 || m == 5) {
				t.Label = tickText(x, l.bytes)
			}
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// tickText prints a number beside an axis.
func tickText(x float64, bytes bool) string {
	if bytes {
		return bytesText(x)
	}
	switch {
	case x >= 1e6:
		return number(x/1e6) + "M"
	case x >= 1e4:
		return number(x/1e3) + "k"
	default:
		return number(x)
	}
}

// logRange returns ends at 1, 2 or 5 times a power of ten around positive values.
func logRange(low, high float64) (float64, float64) {
	return 1 / roundStep(1/low*(1+1e-6)), roundStep(high * (1 + 1e-6))
}
