package chaos

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASeedGivesTheSameSchedule(t *testing.T) {
	a, b, other := NewSchedule(3, 2, 4), NewSchedule(3, 2, 4), NewSchedule(4, 2, 4)
	same := true
	for range 50 {
		round := a.Next()
		require.Equal(t, round, b.Next())
		same = same && len(round.Actions) == len(other.Next().Actions)
	}
	require.False(t, same)
}

// damage is what is broken at a time, as the actions so far tell.
type damage struct {
	down  []string // killed, stopped or paused
	cut   []string // cuts, as "a>b" in the order of the names
	alone []string
	loss  []string // of packets
}

// nodes returns the workers of which one replica each may be out of reach: one
// end of every cut is enough, and loss may be any.
func (d damage) nodes() int { return len(d.down) + len(d.cut) + len(d.alone) + len(d.loss) }

func (d *damage) apply(a Action) {
	remove := func(from []string, name string) []string {
		i := slices.Index(from, name)
		if i < 0 {
			return from
		}
		return slices.Delete(from, i, i+1)
	}
	pair := min(a.A, a.B) + ">" + max(a.A, a.B)
	switch a.Verb {
	case Kill, Stop, Pause:
		if a.A != masterName {
			d.down = append(d.down, a.A)
		}
	case Restart, Resume:
		d.down = remove(d.down, a.A)
	case Cut:
		if a.B != clientName && !slices.Contains(d.cut, pair) {
			d.cut = append(d.cut, pair)
		}
	case Mend:
		d.cut = remove(d.cut, pair)
	case Isolate, Mute, Deafen:
		d.alone = append(d.alone, a.A)
	case Connect:
		d.alone = remove(d.alone, a.A)
	case Lose:
		d.loss = append(d.loss, "")
	case Keep:
		d.loss = remove(d.loss, "")
	}
}

func TestNeverMoreFaultsAtOnceThanReplicasAllow(t *testing.T) {
	for replicas := 2; replicas <= 3; replicas++ {
		for seed := range uint64(20) {
			s := NewSchedule(seed, replicas, replicas+2)
			for range 50 {
				round := s.Next()
				require.Less(t, round.Costs, replicas)
				require.NotEmpty(t, round.Actions)
				var d damage
				for i, a := range round.Actions {
					if i > 0 {
						require.GreaterOrEqual(t, a.At, round.Actions[i-1].At)
					}
					d.apply(a)
					require.Less(t, d.nodes(), replicas, "%v", round.Actions)
				}
				require.Zero(t, d.nodes(), "healed: %v", round.Actions)
				require.GreaterOrEqual(t, len(s.workers), replicas+1)
				require.LessOrEqual(t, len(s.workers), replicas+3)
			}
		}
	}
}

func TestEveryFaultComesSoon(t *testing.T) {
	for replicas := 2; replicas <= 3; replicas++ {
		s := NewSchedule(1, replicas, replicas+2)
		seen := make(map[Verb]int)
		master, client := 0, 0
		for range 60 {
			for _, a := range s.Next().Actions {
				seen[a.Verb]++
				if a.Verb == Kill && a.A == masterName {
					master++
				}
				if a.Verb == Cut && a.B == clientName {
					client++
				}
			}
		}
		for _, v := range []Verb{Kill, Restart, Stop, Pause, Resume, Cut, Mend, Isolate, Mute, Deafen, Connect, Lose, Keep, Join, Drain} {
			require.Positive(t, seen[v], v)
		}
		require.Positive(t, master)
		require.Positive(t, client)
	}
}

func TestActionsReadWell(t *testing.T) {
	require.Equal(t, "kill w1", Action{Verb: Kill, A: "w1"}.String())
	require.Equal(t, "cut w1>master", Action{Verb: Cut, A: "w1", B: masterName}.String())
	require.Equal(t, "lose packets", Action{Verb: Lose}.String())
}
