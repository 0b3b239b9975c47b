package autoscale

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A load that swings in ten minutes needs three workers at its crests and two in its
// troughs. One worker that is let go and comes back is how that is found out; then it stays.
func TestASlowSwingKeepsItsWorker(t *testing.T) {
	for _, period := range []time.Duration{5 * time.Minute, 10 * time.Minute, 30 * time.Minute, 90 * time.Minute} {
		h := newHerd([]int{1, 1, 1}, 2)
		h.even, h.look = true, 10*time.Second
		h.play(t, 24*time.Hour, func(since time.Duration) Totals {
			return Totals{CPU: 1.3 * (1 + 0.15*math.Sin(2*math.Pi*since.Seconds()/period.Seconds()))}
		})
		if n := len(h.steps); n > 3 || n > 0 && h.steps[n-1] != "activate" {
			t.Errorf("in a day of swings of %v: %v", period, h.steps)
		}
	}
}

// A swing that is slower than anybody waits for is followed, and so is a load that went
// down for good after it had come back once.
func TestASwingThatLastsIsFollowed(t *testing.T) {
	h := newHerd([]int{1, 1, 1}, 2)
	h.even, h.look = true, 10*time.Second
	h.play(t, 24*time.Hour, func(since time.Duration) Totals {
		return Totals{CPU: 1.3 * (1 + 0.3*math.Sin(2*math.Pi*since.Hours()/6))}
	})
	if len(h.steps) < 7 {
		t.Errorf("in a day of swings of six hours: %v", h.steps)
	}
	h = newHerd([]int{1, 1, 1, 1}, 2)
	h.even, h.look = true, 10*time.Second
	h.play(t, 6*time.Hour, func(since time.Duration) Totals {
		switch {
		case since > 2*time.Hour:
			return Totals{CPU: 0.4}
		case since%(20*time.Minute) < 10*time.Minute:
			return Totals{CPU: 2}
		default:
			return Totals{CPU: 0.9}
		}
	})
	if n := len(h.steps); n < 2 || h.steps[n-1] != "spare" || h.steps[n-2] != "spare" {
		t.Errorf("hours after the load went: %v", h.steps)
	}
}

// However slowly a load swings, up to half of what is waited for at most, workers come
// back a few times, and no more; where they are alike, soon. Of unlike ones several may be tried, an hour apart.
func TestNoSlowFlapping(t *testing.T) {
	turns := map[int]int{}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "active")
		weights := slices.Repeat([]int{1}, 10)
		unlike := rapid.Bool().Draw(t, "unlike")
		if unlike {
			weights = rapid.SliceOfN(rapid.SampledFrom([]int{1, 2, 4, 8}), 10, 10).Draw(t, "weights")
		}
		h := newHerd(weights, n)
		h.look, h.even = 15*time.Second, rapid.Bool().Draw(t, "even")
		memory := rapid.Bool().Draw(t, "memory")
		unit := float64(n) // of all active workers, at 1
		if memory {
			unit = weight(h.members[:n])
		}
		swing := rapid.Float64Range(0.1, 0.6).Draw(t, "swing")
		level := unit * rapid.Float64Range(0.66, 1).Draw(t, "crest") / (1 + swing)
		period := rapid.SampledFrom([]time.Duration{3, 5, 7, 10, 14, 20, 30}).Draw(t, "period") * time.Minute
		wave := rapid.SampledFrom([]func(float64) float64{
			func(x float64) float64 { return math.Sin(2 * math.Pi * x) },
			func(x float64) float64 { return 2*math.Round(x) - 1 },
			func(x float64) float64 { return 2*x - 1 },
		}).Draw(t, "wave")
		h.play(t, 12*period+4*time.Hour, func(since time.Duration) Totals {
			_, phase := math.Modf(1000 + since.Seconds()/period.Seconds())
			now := level * (1 + swing*wave(phase))
			if memory {
				return Totals{Used: now * gb}
			}
			return Totals{CPU: now}
		})
		last := len(h.turns) - 1
		if last > 2 || last >= 0 && !unlike && h.turns[last] > 6*period+time.Hour {
			t.Fatalf("workers come back at %v, with a period of %v: %v", h.turns, period, h.steps)
		}
		turns[last+1]++
	})
	t.Logf("runs by how often a worker came back: %v", turns)
	if !testing.Short() && turns[0] == 100 {
		t.Error("no worker came back: nothing is shown")
	}
}

// One that came back makes the next low last; those that stay away for long end that.
func TestCalm(t *testing.T) {
	p := testPolicy()
	at := func(minutes float64) time.Time { return begin.Add(time.Duration(minutes * float64(time.Minute))) }
	need := func(c calm, minutes float64, want time.Duration) calm {
		t.Helper()
		c, left := c.age(at(minutes), p).lasts(at(minutes), 1)
		if max(left, 0) != want {
			t.Errorf("minute %v: %v more, want %v", minutes, left, want)
		}
		return c
	}
	c := need(calm{}, 0, 0)
	c = c.letGo("w", at(0), Totals{}).cameBack(at(5), p)
	c = need(c, 10, 10*time.Minute)
	c = need(c, 19, time.Minute)
	c = need(c, 20, 0).letGo("w", at(20), Totals{}).cameBack(at(25), p)
	c = need(c, 30, 30*time.Minute)
	c = c.letGo("w", at(60), Totals{}).cameBack(at(100), p)
	c = need(c, 200, time.Hour)
	c = c.cameBack(at(210), p) // nobody had gone
	c = need(c, 220, time.Hour)
	c = c.letGo("w", at(280), Totals{})
	c.low = time.Time{}
	c = need(c, 339, time.Hour)
	c = need(c, 340, 29*time.Minute)
	c = c.letGo("w", at(370), Totals{}).replaced().cameBack(at(371), p) // a death was between
	c = need(c, 372, 30*time.Minute)
	for m := 403.0; c.wait > 0; m += 100 {
		c = c.letGo("w", at(m), Totals{}).age(at(m+60), p)
	}
	c.low = time.Time{}
	need(c, 1000, 0)
}
