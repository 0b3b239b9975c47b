package report

import (
	"fmt"
	"math"
	"strings"

	"pikv/bench/power"
	"pikv/bench/study"
)

// Verdict is what became of a claim.
type Verdict string

// The verdicts.
const (
	Confirmed Verdict = "confirmed"
	Refuted   Verdict = "refuted"
	Different Verdict = "different" // some of it holds
	Open      Verdict = "not measured"
)

// A Claim is what the study found or expected, and what was found now.
type Claim struct {
	ID, Text string
	Verdict  Verdict
	Why      string // with the figures that say so
}

// part is one sentence of a claim, judged. One that is not known may have why, too:
// why not.
type part struct {
	known, holds bool
	why          string
}

// unlessLimited is p, unless it says that there is not much, or does not hold because
// there is not, and the load generator may be why.
func (d *Data) unlessLimited(p part, little bool, points []study.Point) part {
	if limited, why := d.limited(points); limited && little {
		return part{why: p.why + ", but " + why}
	}
	return p
}

// judge makes a claim's verdict of its parts: confirmed if all that are known
// hold, refuted if none does.
func judge(id, text string, parts ...part) Claim {
	c := Claim{ID: id, Text: text, Verdict: Open}
	var held, known int
	var why []string
	for _, p := range parts {
		if !p.known {
			if p.why != "" {
				why = append(why, "not judged: "+p.why)
			}
			continue
		}
		known++
		verb := "no: "
		if p.holds {
			held++
			verb = "yes: "
		}
		why = append(why, verb+p.why)
	}
	switch {
	case known == 0:
		if c.Why = strings.Join(why, "; "); c.Why == "" {
			c.Why = "the run has no data for it"
		}
		return c
	case held == known:
		c.Verdict = Confirmed
	case held == 0:
		c.Verdict = Refuted
	default:
		c.Verdict = Different
	}
	c.Why = strings.Join(why, "; ")
	return c
}

// claims judges what the study said, on the small computers of the run: the first
// target that is no single machine.
func claims(d *Data) []Claim {
	t, ok := d.small()
	texts := [5]string{
		"Pis scale poorly because of the single master; the longest latency stays below 100 ms.",
		"A cluster of Pis is useful for its performance per watt and per dollar.",
		"Latency is flat up to 1 KB; 1 MB takes up to 2,400 ms on average, because the master's network interface is the bottleneck.",
		"When the master only hands out the owner's address, large values are served in parallel.",
		"N workers are at least K times better than a single node, K ≤ N.",
	}
	if !ok || t.Throttled != "" {
		var open []Claim
		for i, text := range texts {
			c := judge(fmt.Sprintf("S%d", i+1), text)
			if c.Why = "the run has no small computers"; ok {
				c.Why = "its computers were throttled: " + t.Throttled
			}
			open = append(open, c)
		}
		return open
	}
	return []Claim{
		judge("S1", texts[0], d.masterLimits(t), d.directScales(t), d.staysBelow(t)),
		judge("S2", texts[1], d.betterPer("F2", "requests per joule, watts by "+basisText(power.Specification), d.perJouleOf(power.Specification)),
			d.betterPer("F2", "requests per joule, watts by "+basisText(power.Measured), d.perJouleOf(power.Measured)), d.betterPer("F3", "requests per second and dollar", d.perDollarOf)),
		judge("S3", texts[2], d.flatToKilobyte(t), d.megabyteAtMaster(t)),
		judge("S4", texts[3], d.inParallel(t)),
		judge("S5", texts[4], d.manyBetter(t)),
	}
}

// small returns the target that stands for the study's Pis.
func (d *Data) small() (study.Target, bool) {
	for _, t := range d.Run.Targets {
		if t.Kind != study.KindMachine {
			return t, true
		}
	}
	return study.Target{}, false
}

// scalesBy is the gain from which on more workers count as worth it: half of what
// they would be worth at best.
func scalesBy(few, many int) float64 { return 1 + 0.5*(float64(many)/float64(few)-1) }

// masterLimits: through the master, more workers do not help.
func (d *Data) masterLimits(t study.Target) part {
	points := d.where(figureIs("F1"), targetIs(t.Name), measureIs(study.Throughput), modeIs(study.Proxied))
	gain, few, many := scaling(points)
	if math.IsNaN(gain) || few == many {
		return part{}
	}
	p := part{true, gain < scalesBy(few, many), fmt.Sprintf("through the master %d workers serve %s as many requests per second as %d (F1)", many, times(gain), few)}
	return d.unlessLimited(p, p.holds, only(points, workersAre(many)))
}

// directScales: the single master is the reason, since without it they help.
func (d *Data) directScales(t study.Target) part {
	points := d.where(figureIs("F1"), targetIs(t.Name), measureIs(study.Throughput), modeIs(study.Direct))
	gain, few, many := scaling(points)
	if math.IsNaN(gain) || few == many {
		return part{}
	}
	p := part{true, gain >= scalesBy(few, many), fmt.Sprintf("past the master, %d workers serve %s as many as %d", many, times(gain), few)}
	if p.holds {
		p.why += ", so that it is the reason (F1)"
	} else {
		p.why += ", so that it is not the only reason (F1)"
	}
	return d.unlessLimited(p, !p.holds, only(points, workersAre(many)))
}

// staysBelow: no request takes 100 ms.
func (d *Data) staysBelow(t study.Target) part {
	raw, fixed := d.longest(d.where(figureIs("F1"), targetIs(t.Name), measureIs(study.Latency)))
	if math.IsNaN(raw) {
		return part{}
	}
	return part{true, fixed < studyMaxMS, fmt.Sprintf("the longest request took %s ms, with a slow core's time added %s ms (F1)", number(raw), number(fixed))}
}

// betterPer: the small computers make more of it than the server that stands for
// the machine of the run, also if all of that is busy.
func (d *Data) betterPer(figure, unit string, value func(study.Point) float64) part {
	setups := d.setups()
	_, small := bestOf(setups, false, value)
	_, server := bestOf(setups, true, value)
	if math.IsNaN(small) || math.IsNaN(server) {
		return part{}
	}
	return part{true, small > server, fmt.Sprintf("%s: %s on the small computers, at most %s on the server (%s)", unit, number(small), number(server), figure)}
}

// flatToKilobyte: up to 1 KB the size does not matter.
func (d *Data) flatToKilobyte(t study.Target) part {
	points := d.where(figureIs("F4"), targetIs(t.Name), modeIs(study.Proxied))
	sizes := numbersOf(points, sizeOf)
	if len(sizes) == 0 {
		return part{}
	}
	first, kilo := measureOf(only(points, sizeIs(sizes[0])), meanMS), measureOf(only(points, sizeIs(1000)), meanMS)
	if !first.OK() || !kilo.OK() {
		return part{}
	}
	return part{true, kilo.Median <= flatWithin*first.Median, fmt.Sprintf("through the master, 1 KB takes %s what %s takes (F4)", times(kilo.Median/first.Median), bytesText(float64(sizes[0])))}
}

// megabyteAtMaster: a megabyte takes what the master's interface needs for those of
// all clients.
func (d *Data) megabyteAtMaster(t study.Target) part {
	at := d.where(figureIs("F4"), targetIs(t.Name), modeIs(study.Proxied), sizeIs(study.Megabyte))
	mean := measureOf(at, meanMS)
	if !mean.OK() || t.NICBits <= 0 {
		return part{}
	}
	share := nicShareMS(t, at[0])
	return part{true, mean.Median <= 1.5*share, fmt.Sprintf("through the master, 1 MB takes %s ms on average with %s; its interface alone, with all of them at it all of the time, would need %s ms (F4)",
		number(mean.Median), count(at[0].Clients, "client"), number(share))}
}

// inParallel: direct, two workers take large values side by side.
func (d *Data) inParallel(t study.Target) part {
	points := d.where(figureIs("F5"), targetIs(t.Name))
	fast, slow := measureOf(only(points, modeIs(study.Direct)), elapsed), measureOf(only(points, modeIs(study.Proxied)), elapsed)
	if !fast.OK() || !slow.OK() {
		return part{}
	}
	gain := slow.Median / fast.Median
	return part{true, gain >= scalesBy(1, points[0].Workers), fmt.Sprintf("direct is %s as fast as through the master, with %s (F5)", times(gain), count(points[0].Workers, "worker"))}
}

// manyBetter: N workers beat one.
func (d *Data) manyBetter(t study.Target) part {
	points := d.where(figureIs("F6"), targetIs(t.Name), modeIs(study.Direct))
	gain, few, many := scaling(points)
	if math.IsNaN(gain) || few != 1 || many == 1 {
		return part{}
	}
	p := part{true, gain >= scalesBy(1, many), fmt.Sprintf("direct, %d workers serve %s times what one does, K ÷ N = %s (F6)", many, number(gain), number(gain/float64(many)))}
	return d.unlessLimited(p, !p.holds, only(points, workersAre(many)))
}
