package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench/study"
)

// TestClaimsFollowTheData bends one rule at a time.
func TestClaimsFollowTheData(t *testing.T) {
	asPromised := built(play().all())
	for _, id := range []string{"S1", "S3", "S4", "S5"} {
		require.Contains(t, verdictOf(asPromised, id), "confirmed: yes", id)
	}
	for _, c := range []struct {
		name, id, want string
		bend           func(p *played)
	}{
		{"the master passes everything", "S1", "different: no: through the master", func(p *played) { p.limit = 1e9 }},
		{"a request takes half a second", "S1", "different: ", func(p *played) {
			p.all()
			for i := range p.Points {
				p.Points[i].Max = 500_000
			}
		}},
		{"a slow core's time makes it longer than 100 ms", "S1", "with a slow core's time added", func(p *played) {
			p.all()
			for i := range p.Points {
				p.Points[i].Max, p.Points[i].CPU = 99_000, float64(p.Points[i].Ops)*0.001
			}
		}},
		{"Pis make less of everything", "S2", "refuted: no", func(p *played) { scaleTarget(p.all(), playedPis, 0.01) }},
		{"Pis make more of everything", "S2", "confirmed: yes", func(p *played) { scaleTarget(p.all(), playedPis, 100) }},
		{"no server to compare with", "S2", "not measured", func(p *played) { p.Run.Targets = p.Run.Targets[1:] }},
		{"a kilobyte is slow", "S3", "different: no: through the master, 1 KB", func(p *played) {
			p.all()
			for i := range p.Points {
				if p.Points[i].ValueBytes >= 1000 {
					p.Points[i].Mean = max(p.Points[i].Mean, 20_000)
				}
			}
		}},
		{"no parallel values", "S4", "refuted", func(p *played) {
			p.all()
			for i := range p.Points {
				if p.Points[i].Figure == "F5" {
					p.Points[i].Elapsed = 20
				}
			}
		}},
		{"four nodes are one", "S5", "refuted", func(p *played) {
			p.all()
			for i := range p.Points {
				if p.Points[i].Figure == "F6" {
					p.Points[i].Elapsed *= float64(p.Points[i].Workers)
				}
			}
		}},
		{"nothing measured", "S5", "not measured", func(p *played) { p.Run.Figures = nil }},
	} {
		p := play()
		c.bend(p)
		if len(p.Points) == 0 && p.Run.Figures != nil {
			p.all()
		}
		require.Contains(t, verdictOf(built(p), c.id), c.want, c.name)
	}
}

// TestABusyGeneratorIsNotTheStore: what it cannot ask for is held against nobody.
func TestABusyGeneratorIsNotTheStore(t *testing.T) {
	slow := func(p *played) *played {
		p.all()
		for i := range p.Points {
			if x := &p.Points[i]; (x.Figure == "F1" || x.Figure == "F6") && x.Measure == study.Throughput && x.Workers > 1 {
				x.Elapsed *= float64(x.Workers)
			}
		}
		return p
	}
	p := slow(play())
	require.Contains(t, verdictOf(built(p), "S1"), "so that it is not the only reason")
	require.Contains(t, verdictOf(built(p), "S5"), "refuted")
	for _, busy := range []func(x *study.Point){
		func(x *study.Point) { x.GeneratorShare = 0.9 },
		func(x *study.Point) { x.Idle = 2 },
	} {
		for i := range p.Points {
			p.Points[i].GeneratorShare, p.Points[i].Idle = 0.3, 40
			busy(&p.Points[i])
		}
		r := built(p)
		require.Contains(t, verdictOf(r, "S5"), "not measured: not judged: direct, 4 workers")
		require.Contains(t, verdictOf(r, "S5"), "the figure may be their limit")
		for _, g := range r.Goals {
			if g.Figure == "F6" || strings.Contains(g.Text, "throughput of 4") {
				require.Equal(t, Open, g.Met, g.Text)
				require.Contains(t, g.Measured, "limit")
			}
		}
	}
	fast := play().all()
	for i := range fast.Points {
		fast.Points[i].Idle = 2
	}
	for _, g := range built(fast).Goals { // what was reached all the same was reached
		require.Equal(t, Confirmed, g.Met, g.Text)
	}
	require.Contains(t, strings.Join(find(t, built(fast), "F6").Conclusions, "\n"), "store and generator share it")
}

// scaleTarget makes a target so many times as fast.
func scaleTarget(p *played, target string, factor float64) {
	for i := range p.Points {
		if p.Points[i].Target == target {
			p.Points[i].Elapsed /= factor
		}
	}
}

func TestGoalsFollowTheData(t *testing.T) {
	for _, g := range built(play().all()).Goals {
		require.Equal(t, Confirmed, g.Met, "%s %s: %s, goal %s", g.Figure, g.Text, g.Measured, g.Goal)
	}
	slow := play().all()
	for i := range slow.Points {
		p := &slow.Points[i]
		switch {
		case p.Figure == "F5" && p.Mode == study.Direct, p.Figure == "F4", (p.Figure == "F1" || p.Figure == "F6") && p.Workers > 1, p.Figure == "F9" && p.Store == study.Pikv:
			p.Elapsed, p.Mean, p.Max, p.CPU = 1.5*p.Elapsed, 1.5*p.Mean, 10*p.Max, 2*p.CPU
		}
	}
	for _, g := range built(slow).Goals {
		require.Equal(t, Refuted, g.Met, "%s %s: %s, goal %s", g.Figure, g.Text, g.Measured, g.Goal)
	}
	for _, g := range built(play()).Goals {
		require.Equal(t, Open, g.Met, g.Text)
		require.Equal(t, "–", g.Measured)
	}
}
