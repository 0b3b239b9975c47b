package report

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/power"
	"pikv/bench/study"
)

// The study's own sum: 256 MB through interfaces of 11.8 MB/s.
func TestFloorsOfTheStudy(t *testing.T) {
	pi := study.Target{NICBits: 11.8e6 * 8}
	stores := study.Point{Mode: study.Direct, Workers: 2, Ops: 250, Failed: 6, ValueBytes: study.Megabyte, Clients: 32}
	require.InDelta(t, 10.85, floorSeconds(pi, stores), 0.01)
	require.InDelta(t, 1000*32/(2*11.8), nicShareMS(pi, stores), 0.1)
	stores.Mode = study.Proxied
	require.InDelta(t, 21.7, floorSeconds(pi, stores), 0.01)
	stores.Clients = 1
	require.InDelta(t, 1000/11.8, nicShareMS(pi, stores), 0.1)
	stores.Mode = study.Direct // one client has one interface, however many there are
	require.InDelta(t, 1000/11.8, nicShareMS(pi, stores), 0.1)
	require.True(t, math.IsNaN(floorSeconds(study.Target{}, stores)))
	require.True(t, math.IsNaN(nicShareMS(study.Target{}, stores)))
}

func TestEnergyOfAPoint(t *testing.T) {
	d := play().Data
	pi := study.Point{
		Target: playedPis, Store: study.Pikv, Mode: study.Direct, Workers: 4, Dilation: 3,
		Elapsed: 10, Ops: 200_000, CPU: 4.8, MasterCPU: 0, WorkerCPU: 9.6,
	}
	// Four workers had 10 s × 0.16 × 3 each: half of it is 9.6 s.
	nodes, err := d.nodesOf(pi)
	require.NoError(t, err)
	require.Len(t, nodes, 5)
	require.Zero(t, nodes[0].Use)
	require.InDelta(t, 0.5, nodes[1].Use, 1e-9)
	watts, err := d.wattsOf(pi, power.Measured)
	require.NoError(t, err)
	require.InDelta(t, (1.1+4*1.6)/0.79+2.5, watts, 1e-9)
	require.InDelta(t, 20_000/watts, d.perJouleOf(power.Measured)(pi), 1e-9)
	require.InDelta(t, 20_000.0/260, d.perDollarOf(pi), 1e-9)
	pi.Store = study.Redis // no master
	nodes, err = d.nodesOf(pi)
	require.NoError(t, err)
	require.Len(t, nodes, 4)

	server := study.Point{Target: playedX86, Store: study.Pikv, Mode: study.Direct, Workers: 4, Dilation: 1, Elapsed: 10, Ops: 500_000, CPU: 10.8}
	// A second here is 1/0.9 of one of the server's twelve cores: 12 of 120 s.
	nodes, err = d.nodesOf(server)
	require.NoError(t, err)
	require.InDelta(t, 0.1, nodes[0].Use, 1e-9)
	all := d.whole(server)
	require.InDelta(t, 5_000_000, all.Ops, 1)
	nodes, err = d.nodesOf(all)
	require.NoError(t, err)
	require.InDelta(t, 1, nodes[0].Use, 1e-6)

	d.Run.Targets[1].Model = "abacus"
	_, err = d.nodesOf(pi)
	require.ErrorIs(t, err, errNoModel)
	require.True(t, math.IsNaN(d.perJouleOf(power.Measured)(pi)))
	require.True(t, math.IsNaN(d.perDollarOf(pi)))
}

// A slow core's time: 60 µs of a core that is 1/0.12 as fast as the model's, of
// which a third passed.
func TestSlowerCore(t *testing.T) {
	d := play().Data
	p := study.Point{Target: playedPis, Dilation: 3, Ops: 1000, CPU: 0.06, Max: 1000}
	require.InDelta(t, 0.06*(1/0.12-1.0/3), d.slower(p), 1e-5)
	require.InDelta(t, 1+d.slower(p), d.corrected(maxMS)(p), 1e-9)
	p.Target = playedX86
	require.Zero(t, d.slower(p))
}

// Marked repeats are shown and told, and do not count.
func TestMarkedRepeats(t *testing.T) {
	p := play().all()
	marked := 0
	for i := range p.Points {
		if x := &p.Points[i]; x.Figure == "F5" && x.Target == playedPis && x.Mode == study.Direct && x.Repeat <= 2 {
			x.Elapsed, x.Mark = 99, "a node was lost"
			marked++
		}
	}
	require.Equal(t, 2, marked)
	f := find(t, built(p), "F5")
	m := f.Panels[1].Series[0].Points[0].Y
	require.Equal(t, []float64{99, 99}, m.Marked)
	require.Equal(t, 3, m.N)
	require.Less(t, m.High, 20.0)
	require.Contains(t, strings.Join(f.Notes, "\n"), "2 repeats of 10 marked “a node was lost” (pikv direct")

	for i := range p.Points {
		if p.Points[i].Figure == "F5" {
			p.Points[i].Mark = "throttled"
		}
	}
	m = find(t, built(p), "F5").Panels[1].Series[0].Points[0].Y
	require.True(t, m.Suspect)
	require.Equal(t, 5, m.N)
	require.Len(t, m.Marked, 5)
}

// What was stolen from counts as little as what is marked.
func TestStolenRepeats(t *testing.T) {
	p := play().all()
	for i := range p.Points {
		if x := &p.Points[i]; x.Figure == "F5" && x.Target == playedPis && x.Repeat == 1 {
			x.Elapsed, x.Steal = 99, 5.1
		}
	}
	f := find(t, built(p), "F5")
	require.Equal(t, []float64{99}, f.Panels[1].Series[0].Points[0].Y.Marked)
	require.Contains(t, strings.Join(f.Notes, "\n"), "during 2 of 10 repeats more than 5 % of the processor time")
	for i := range p.Points {
		if p.Points[i].Figure == "F5" {
			p.Points[i].Steal = 50
		}
	}
	require.Contains(t, verdictOf(built(p), "S4"), "not measured", "there is nothing to trust")
}

// A reader is told where neither store nor generator used the processors; it counts all the same.
func TestProgramsThatDisturb(t *testing.T) {
	p := play().all()
	for i := range p.Points {
		if x := &p.Points[i]; x.Figure == "F5" && x.Target == playedPis && x.Repeat == 1 {
			x.Elapsed, x.Others = 99, 20.5
		} else if x.Figure == "F5" {
			x.Others = 20
		}
	}
	f := find(t, built(p), "F5")
	require.Empty(t, f.Panels[1].Series[0].Points[0].Y.Marked)
	require.Contains(t, strings.Join(f.Notes, "\n"), "during 2 of 10 repeats more than 20 % of the processor time went to what is neither")
}

// Without the network the floor would be what clients together need that are at it all of
// the time: a short run may be faster.
func TestANetworkThatNeedsMoreThanItTook(t *testing.T) {
	p := play().all()
	for i := range p.Points {
		if x := &p.Points[i]; x.Figure == "F4" && x.ValueBytes == study.Megabyte {
			x.Mean /= 10
		}
	}
	said := strings.Join(find(t, built(p), "F4").Conclusions, "\n")
	require.Contains(t, said, "with all clients at it all of the time the network alone would need")
	require.NotContains(t, said, "ms of that")
}

// TestWhatCannotBeToldApart: of numbers of workers whose bars overlap none is the best.
func TestWhatCannotBeToldApart(t *testing.T) {
	p := play().all()
	for i := range p.Points { // two repeats, far apart
		if x := &p.Points[i]; x.Figure == "F10" && x.Target == playedPis && x.Workers >= 3 {
			x.Elapsed *= 0.5 * float64(x.Repeat)
		}
	}
	said := strings.Join(find(t, built(p), "F10").Conclusions, "\n")
	require.Regexp(t, "simulated: 5 × Raspberry Pi 2B, values of 128 B, of a joule: no difference between (2, )?3 and 4 workers, whose bars overlap", said)
	for i := range p.Points {
		if x := &p.Points[i]; x.Figure == "F10" && x.Target == playedPis && x.Workers == 3 {
			x.Elapsed /= 20
		}
	}
	said = strings.Join(find(t, built(p), "F10").Conclusions, "\n")
	require.Contains(t, said, "simulated: 5 × Raspberry Pi 2B, values of 128 B, of a joule: 3 workers make the most of it")
}

// TestASingleNodeHasNoMaster: what N workers make through one is compared with one that
// clients ask directly.
func TestASingleNodeHasNoMaster(t *testing.T) {
	p := play().all()
	points := only(p.Points, figureIs("F6"), targetIs(playedPis))
	require.InDelta(t, 6000.0/5000, timesOne(points, study.Proxied, 4), 0.2)
	require.InDelta(t, 4, timesOne(points, study.Direct, 4), 0.4)
	require.True(t, math.IsNaN(timesOne(points, study.Direct, 5)))
	require.Contains(t, strings.Join(find(t, built(p), "F6").Conclusions, "\n"), "through the master: 4 workers serve K = 1.")
}

func TestThrottledIsInvalid(t *testing.T) {
	p := play().all()
	p.Run.Targets[1].Throttled = "pi3: 0x50005"
	r := built(p)
	require.Contains(t, r.warnings()[0], "INVALID")
	for _, c := range r.Claims {
		require.Equal(t, Open, c.Verdict)
		require.Contains(t, c.Why, "throttled: pi3")
	}
	for _, g := range r.Goals {
		require.Equal(t, Open, g.Met, g.Text)
	}
	for _, panel := range find(t, r, "F1").Panels {
		require.Equal(t, strings.Contains(panel.Name, "pis"), strings.Contains(panel.About, "INVALID"), panel.About)
	}
}

func TestMissingFigures(t *testing.T) {
	p := play()
	p.Run.Figures = []string{"F1", "F7", "F10"}
	p.small(playedPis, study.Direct)
	r := built(p)
	require.Len(t, r.Figures, 3)
	require.Equal(t, []string{"F1 of x86", "F7 of x86", "F7 of pis=5:2B", "F10 of x86"}, r.Missing())
	require.NoError(t, r.Write(t.TempDir()))
	p.Run.Targets[0].Without = map[string]string{"F1": "not here", "F7": "nor here"}
	require.Equal(t, []string{"F7 of pis=5:2B", "F10 of x86"}, built(p).Missing())

	p = play().all()
	require.Empty(t, built(p).Missing())
	for i := range p.Points { // one plot of one target
		if x := &p.Points[i]; x.Figure == "F8" && x.Target == playedX86 && x.Measure == study.Latency {
			x.Ops = 0
		}
	}
	require.Equal(t, []string{"F8 of x86"}, built(p).Missing())
	p.Run.Targets, p.Points, p.Samples = nil, nil, nil
	require.Len(t, built(p).Missing(), 10)
}

func TestWhatAUserSees(t *testing.T) {
	p := play()
	p.timeline(playedPis, study.Direct, study.Kill, 3)
	s := p.timelineOf(p.Run.Targets[1], study.Kill, study.Direct).seen()
	require.Equal(t, 2000.0, s.usual)
	require.Equal(t, 900.0, s.lowest)
	require.InDelta(t, 0.5, s.dip, 1e-9)
	require.Equal(t, 3.0, s.p99)
	require.Equal(t, 80.0, s.highest)
	require.Equal(t, int64(15), s.failed)
	f := timelines(p.Data)
	require.Contains(t, f.Conclusions[0], "15 requests fail")
	require.Equal(t, []float64{0, 2}, []float64{f.Panels[0].Moments[0].X, f.Panels[0].Moments[1].X})

	for i := range p.Samples { // the last second is after the end
		if p.Samples[i].At > 9000 && p.Samples[i].Moment == "" {
			p.Samples[i].Due, p.Samples[i].Rate, p.Samples[i].P99 = 0, 50, 7_000_000
		}
		p.Samples[i].Steal, p.Samples[i].Mark = 30, "a node was lost: master"
	}
	late := p.timelineOf(p.Run.Targets[1], study.Kill, study.Direct).seen()
	require.Equal(t, int64(50), late.late)
	require.Equal(t, 7000.0, late.highest)
	require.Equal(t, []float64{s.dip, s.lowest}, []float64{late.dip, late.lowest}, "nobody asks after the end")
	f = timelines(p.Data)
	require.Contains(t, f.Conclusions[0], "50 requests are answered only after the last was due")
	require.Contains(t, strings.Join(f.Notes, "\n"), "suspect: a node was lost: master")
	require.Contains(t, strings.Join(f.Notes, "\n"), "suspect: 30 % of the processor time")
	require.Contains(t, f.Panels[0].About, "SUSPECT")
	require.Equal(t, 5.0, f.Panels[0].Series[0].Points[len(f.Panels[0].Series[0].Points)-1].X, "what is late is no rate")
	require.Equal(t, 6.0, f.Panels[1].Series[0].Points[len(f.Panels[1].Series[0].Points)-1].X)

	p.Samples = p.Samples[:50] // it was interrupted before the moment was written
	require.Contains(t, timelines(p.Data).Conclusions[0], "nothing is known")
}
