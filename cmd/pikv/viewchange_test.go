package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// view4 is a view of four partitions on three workers.
func view4() *placement.View {
	v := &placement.View{
		MasterID: 7, Epoch: 9, Replicas: 2,
		Nodes: []placement.Node{{Incarnation: 1, Name: "pi1"}, {Incarnation: 2, Name: "pi2"}, {Incarnation: 3, Name: "pi3"}},
	}
	for range 4 {
		v.Partitions = append(v.Partitions, placement.Partition{Epoch: 9, Primary: 1, InSync: []placement.Incarnation{1, 2}})
	}
	return v
}

func TestChanges(t *testing.T) {
	incs := func(list ...placement.Incarnation) []placement.Incarnation { return list }
	partition := func(to placement.Partition, ids ...int) func(v *placement.View) {
		return func(v *placement.View) {
			for _, id := range ids {
				to.Epoch = v.Epoch
				v.Partitions[id] = to
			}
		}
	}
	for _, c := range []struct {
		about string
		next  func(v *placement.View)
		want  []string
	}{
		{"nothing", func(*placement.View) {}, nil},
		{"a take-over", partition(placement.Partition{Primary: 2, InSync: incs(2), Replaced: true}, 0, 1, 3),
			[]string{"partitions 0, 1, 3: pi2 took over from pi1; now primary pi2, no backup"}},
		{"a learner", partition(placement.Partition{Primary: 1, InSync: incs(1, 2), Learners: incs(3)}, 2),
			[]string{"partition 2: pi3 is being filled; now primary pi1, backup pi2, filling pi3"}},
		{"a promotion", partition(placement.Partition{Primary: 1, InSync: incs(1, 2, 3)}, 2),
			[]string{"partition 2: pi3 is in sync; now primary pi1, backups pi2 and pi3"}},
		{"a hand-over", partition(placement.Partition{Primary: 2, InSync: incs(1, 2)}, 2),
			[]string{"partition 2: pi1 handed over to pi2; now primary pi2, backup pi1"}},
		{"a hand-over and a drop in one", partition(placement.Partition{Primary: 2, InSync: incs(2)}, 2),
			[]string{"partition 2: pi1 handed over to pi2; now primary pi2, no backup"}},
		{"a drop", partition(placement.Partition{Primary: 1, InSync: incs(1)}, 2),
			[]string{"partition 2: pi2 was dropped; now primary pi1, no backup"}},
		{"a reset", partition(placement.Partition{Primary: 3, InSync: incs(3), Replaced: true, Life: 1}, 2),
			[]string{"partition 2: reset, what it held is gone; now primary pi3, no backup"}},
		{"two fates", func(v *placement.View) {
			partition(placement.Partition{Primary: 1, InSync: incs(1)}, 3)(v)
			partition(placement.Partition{Primary: 2, InSync: incs(2), Replaced: true}, 1)(v)
		}, []string{
			"partition 1: pi2 took over from pi1; now primary pi2, no backup",
			"partition 3: pi2 was dropped; now primary pi1, no backup",
		}},
		{"an epoch without a change that shows", partition(placement.Partition{Primary: 1, InSync: incs(1, 2)}, 0), nil},
		{"replicas", func(v *placement.View) { v.Replicas = 3 }, []string{"3 replicas of each partition instead of 2"}},
		{"nodes", func(v *placement.View) {
			v.Nodes = []placement.Node{
				{Incarnation: 1, Name: "pi1"}, {Incarnation: 5, Name: "pi2"},
				{Incarnation: 3, Name: "pi3", State: placement.NodeDraining}, {Incarnation: 4, Name: "pi4"},
			}
		}, []string{"pi2 was restarted and is back, empty", "pi3 is draining", "pi4 joined"}},
		{"a node less", func(v *placement.View) { v.Nodes = v.Nodes[:2] }, []string{"pi3 left"}},
		{"another master", func(v *placement.View) { v.MasterID = 8 }, []string{"another master decides: 0000000000000008 instead of 0000000000000007"}},
		{"another cluster", func(v *placement.View) { v.MasterID = 8; v.Partitions = v.Partitions[:2] }, []string{
			"another master decides: 0000000000000008 instead of 0000000000000007", "it is another cluster, with 2 partitions"}},
	} {
		t.Run(c.about, func(t *testing.T) {
			next := view4().Clone()
			next.Epoch = 10
			c.next(next)
			var got []string
			for _, one := range changes(view4(), next) {
				require.EqualValues(t, 10, one.Epoch)
				got = append(got, one.Text)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestWatchPrints(t *testing.T) {
	next := view4()
	next.Epoch = 10
	next.Replicas = 3
	next.Partitions[2] = placement.Partition{Epoch: 10, Primary: 1, InSync: []placement.Incarnation{1, 2}, Learners: []placement.Incarnation{3}}
	var out bytes.Buffer
	w := &watch{session: session{env: env{stdout: &out}}}
	require.NoError(t, w.print(nil, view4()))
	require.NoError(t, w.print(view4(), next))
	require.Equal(t, `epoch 9: 4 partitions with 2 replicas each, on pi1, pi2 and pi3
epoch 10: 3 replicas of each partition instead of 2
epoch 10: partition 2: pi3 is being filled; now primary pi1, backup pi2, filling pi3
`, out.String())

	out.Reset()
	w.json, w.count = true, 2
	require.ErrorIs(t, w.print(view4(), next), errWatched)
	require.Equal(t, `{"epoch":10,"text":"3 replicas of each partition instead of 2"}
{"epoch":10,"text":"partition 2: pi3 is being filled; now primary pi1, backup pi2, filling pi3","partitions":[2],"primary":"pi1","backups":["pi2"],"learners":["pi3"]}
`, out.String())
}
