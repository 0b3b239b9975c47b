package report

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"
)

func TestNumber(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 1: "1", 0.1234: "0.123", 0.00012345: "0.000123", 12.34: "12.3", 123.4: "123", 999.6: "1,000", 1234: "1,230", 98765: "98,800", 1234567: "1,230,000", -1500: "-1,500", 2.50: "2.5",
	} {
		require.Equal(t, want, number(x), "%g", x)
	}
	require.Equal(t, "–", number(math.NaN()))
}

func TestBytesText(t *testing.T) {
	for n, want := range map[float64]string{1 << 30: "1 GiB", 1: "1 B", 128: "128 B", 1000: "1 KB", 1024: "1 KiB", 10_000: "10 KB", 1e6: "1 MB", 1 << 20: "1 MiB", 1500: "1500 B", 12345: "12.3 KB"} {
		require.Equal(t, want, bytesText(n))
	}
}

func TestMeasure(t *testing.T) {
	require.Equal(t, 2.5, quantile([]float64{1, 2, 3, 4}, 0.5))
	require.Equal(t, 7.0, quantile([]float64{7}, 0.05))
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 1, 50).Draw(rt, "values")
		m := middleOf(values)
		below, above := 0, 0
		for _, v := range values {
			if v < m-1e-6 {
				below++
			}
			if v > m+1e-6 {
				above++
			}
		}
		if below > len(values)/2 || above > len(values)/2 {
			rt.Errorf("median %g of %v", m, values)
		}
	})
}

func TestTicks(t *testing.T) {
	labels := func(ticks []string) string { return strings.Join(ticks, " ") }
	var got []string
	for _, tick := range (linear{}).Ticks(0, 100) {
		got = append(got, tick.Label)
	}
	require.Equal(t, "0 20 40 60 80 100", labels(got))
	got = nil
	for _, tick := range (logarithmic{bytes: true}).Ticks(1, 1e6) {
		if tick.Label != "" {
			got = append(got, tick.Label)
		}
	}
	require.Equal(t, "1 B 10 B 100 B 1 KB 10 KB 100 KB 1 MB", labels(got))
	for _, c := range [][4]float64{{1.3, 70, 1, 100}, {0.4, 3, 0.2, 5}, {2, 2, 1, 5}} {
		low, high := logRange(c[0], c[1])
		require.InDelta(t, c[2], low, 1e-9, "%v", c)
		require.InDelta(t, c[3], high, 1e-9, "%v", c)
	}
	rapid.Check(t, func(rt *rapid.T) {
		a := rapid.Float64Range(1e-3, 1e9).Draw(rt, "low")
		low, high := logRange(a, a*rapid.Float64Range(1, 1e4).Draw(rt, "times"))
		if low > a || high < a || len((logarithmic{}).Ticks(low, high)) < 2 {
			rt.Errorf("%g: from %g to %g", a, low, high)
		}
	})
}

// Names beside lines can be read, wherever the lines end.
func TestLabelsDoNotTouch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		places := rapid.SliceOfN(rapid.Float64Range(50, 250), 1, 10).Draw(rt, "places")
		labels := make([]endLabel, len(places))
		sum := vg.Length(0)
		for i := range places {
			sum += vg.Length(places[i])
		}
		for i := range labels {
			labels[i].place = sum / vg.Length(len(places)) // worst: all at one place
		}
		spread(labels, 50, 250)
		for i := 1; i < len(labels); i++ {
			if gap := labels[i].place - labels[i-1].place; gap < labelHeight-2.01 {
				rt.Errorf("%d and %d are %g apart", i-1, i, gap)
			}
		}
	})
}

// Colours are told apart by the page, so that each has its dark one.
func TestColoursAreDifferent(t *testing.T) {
	all := variables()
	for i, a := range all {
		for _, b := range all[:i] {
			if closeColours(a.light, b.light) && !strings.HasPrefix(a.name, string(HueFloor)) {
				t.Errorf("%s and %s are the same on a light page", a.name, b.name)
			}
		}
	}
	require.Equal(t, "direct-3", variableOf("#0072B1")) // rounded down
	require.Empty(t, variableOf("#00FF00"))
}

func TestInlineRefusesForeignColours(t *testing.T) {
	_, err := inlineSVG([]byte("<?xml?><svg\nwidth=\"1\">\n<g fill=\"#00FF00\"/></svg>"), "x", "alt")
	require.ErrorContains(t, err, "#00FF00")
	_, err = inlineSVG([]byte("nothing"), "x", "alt")
	require.Error(t, err)
}

func TestAltTellsTheNumbers(t *testing.T) {
	one := func(v float64) Measure { return Measure{Median: v, Low: v, High: v, N: 1} }
	lines := Panel{Title: "T", About: "A", X: Axis{Label: "clients"}, Y: Axis{Label: "latency (ms)"}, Series: []Series{{Name: "direct", Points: []XY{{5, one(1)}, {10, one(9)}, {20, one(2)}}}}}
	require.Equal(t, "T (A). Lines of latency (ms) against clients. direct: 1 at 5 to 2 at 20, highest 9 at 10.", altOf(lines))
	bars := Panel{Title: "T", About: "A", Y: Axis{Label: "seconds"}, Categories: []string{"direct"}, OnePerGroup: true, Series: []Series{{Points: []XY{{0, one(3)}}}},
		Floors: []Floor{{Label: "floor 2 s", Points: [][2]float64{{0, 2}}}}}
	require.Equal(t, "T (A). Bars of seconds. direct: 3. Level to compare with: floor 2 s.", altOf(bars))
}
