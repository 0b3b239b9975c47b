package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
)

// A step that the disk refuses is none: no cool-down begins, and it is taken as soon as that is possible.
func TestAStepThatIsNotTakenDoesNotCount(t *testing.T) {
	b := scaling(t, autoscale.On)
	b.memory.setFail(errDiskFull)
	refused := func() int { return b.logs.FilterMessage("the scaling policy's step was refused").Len() }
	load := func() {
		b.spread(1.5, 1<<20)
		b.run(time.Second)
	}
	for began := b.now; refused() == 0; load() {
		require.Less(t, b.now.Sub(began), time.Minute, "%s", b.front.status().Scaling.Reason)
	}
	for range 15 { // longer than a cool-down
		load()
		require.Regexp(t, `^mean CPU \d+ % of 2 workers passed the high mark`, b.front.status().Scaling.Reason)
	}
	require.Equal(t, 2, active(b))
	require.Empty(t, b.texts(eventScale))
	require.LessOrEqual(t, refused(), 3, "it is tried with each look, and told once a while")
	b.memory.setFail(nil)
	load()
	load()
	require.Equal(t, 3, active(b))
	require.Len(t, b.texts(eventScale), 1)
	load()
	require.Regexp(t, `^(under way|replicas are missing or move|cooling down)`, b.front.status().Scaling.Reason)
}

// What is not taken is forgotten, and what was seen is not: there are no holes in the means.
func TestWhatWasSeenBesideAStepThatIsNotTakenIsKept(t *testing.T) {
	policy := autoscale.DefaultPolicy()
	policy.Mode = autoscale.On
	s := newScaler(policy, nil, epochZero.Add(-time.Hour))
	scene := autoscale.Scene{
		Now: epochZero, Whole: true, Replicas: 1,
		Active: []autoscale.Worker{{Name: "w1", CPU: 0.9, Reported: true}}, Spares: []autoscale.Worker{{Name: "w2", Reported: true}},
	}
	steps := 0
	for range 180 {
		scene.Now = scene.Now.Add(time.Second)
		switch d := s.decide(scene); {
		case d.Kind == autoscale.Activate:
			steps++
			s.notTaken(scene)
		case steps > 0:
			t.Fatalf("after %d steps: %s", steps, s.current.Load().Reason)
		}
	}
	require.Greater(t, steps, 100)
}
