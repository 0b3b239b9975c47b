package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

// A claim is heard before the worker that holds it may forget it.
func TestAClaimIsHeardBeforeItsHolderMayAdoptAView(t *testing.T) {
	claim := func(e placement.Epoch) *placement.View { return &placement.View{MasterID: idA, Epoch: e} }
	rg, s := Reign{ID: idC}, &State{View: view(t, idC, 9, conf(9, incs{1}))}
	first := Report{Incarnation: 1, Follows: idC, Claim: claim(5)}
	require.False(t, MayAdopt(rg, s, first))
	again := Report{Incarnation: 1, Follows: idC, Claim: claim(5)}.After(first)
	require.False(t, again.Heard)
	again = again.Hear(first, idC)
	require.True(t, MayAdopt(rg, s, again))
	again = Report{Incarnation: 1, Follows: idC, Claim: claim(5)}.After(again)
	require.True(t, again.Heard, "it stays heard")
	require.False(t, MayAdopt(Reign{ID: idB}, s, again), "nothing of that reign is in force")

	require.False(t, Report{Follows: idC, Claim: claim(6)}.After(again).Heard, "another claim")
	require.False(t, Report{Follows: idB, Claim: claim(5)}.After(again).Heard, "told to another register")
	require.False(t, Report{Follows: idC, Claim: claim(6)}.Hear(first, idC).Heard)
	require.False(t, Report{Follows: idC}.Hear(Report{Follows: idC}, idC).Heard, "there was none")
	require.True(t, MayAdopt(rg, s, Report{Follows: idC, Epoch: 9}))
}

func TestReceive(t *testing.T) {
	s := &State{View: view(t, id2, 7, conf(1, incs{1}))}
	rg := Reign{ID: id2}
	claim := view(t, idB, 3, conf(1, incs{1}))
	for name, c := range map[string]struct {
		r      Report
		member bool
		want   Reception
	}{
		"a newcomer":                       {Report{}, false, Reception{Verdict: Newcomer, Keep: true}},
		"a follower":                       {Report{Follows: id2, Epoch: 7}, false, Reception{Verdict: Follower, Keep: true, Report: Report{Follows: id2, Epoch: 7}}},
		"a follower's claim":               {Report{Follows: id2, Claim: claim}, true, Reception{Verdict: Follower, Keep: true, Report: Report{Follows: id2, Claim: claim}}},
		"a claim from outside":             {Report{Follows: id2, Claim: claim}, false, Reception{Verdict: Follower, Report: Report{Follows: id2, Claim: claim}}},
		"a convert, whose claim comes yet": {Report{Follows: idB, Epoch: 7, Claim: view(t, id2, 7, conf(1, incs{1}))}, true, Reception{Verdict: Converts, Keep: true, Forswear: true, Report: Report{Follows: idB, Epoch: 7}}},
		"one that knows more":              {Report{Follows: id2, Epoch: 8}, true, Reception{Verdict: Wiser, Recover: true, Report: Report{Follows: id2, Epoch: 8}}},
		"one from outside that says so":    {Report{Follows: id2, Epoch: 8}, false, Reception{Verdict: Wiser, Report: Report{Follows: id2, Epoch: 8}}},
		"a stranger":                       {Report{Follows: idB, Epoch: 8}, true, Reception{Verdict: Stranger, Report: Report{Follows: idB, Epoch: 8}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := Receive(rg, s, c.r, c.member, false)
			require.Equal(t, c.want.Verdict == Wiser || c.want.Verdict == Stranger, got.Why != "")
			got.Why = ""
			require.Equal(t, c.want, got)
		})
	}
}

func TestARecoveryTakesALaterGeneration(t *testing.T) {
	next := Reign{ID: id2}.Recover("lost", 0, 0xabc)
	require.Equal(t, Reign{ID: placement.NewMasterID(3, 0xabc), Why: "lost"}, next)
	require.EqualValues(t, 4, Reign{ID: id2}.Recover("lost", id3, 1).ID.Generation())
	require.EqualValues(t, 4, Reign{ID: id2}.Recover("lost", id3, 1).ID.Generation())
	require.EqualValues(t, 3, Reign{ID: id2}.Recover("lost", id2+1, 1).ID.Generation(), "two of one generation: neither gives way")
}

func TestGenerationsDoNotOverlap(t *testing.T) {
	require.EqualValues(t, 1, firstEpoch(placement.NewMasterID(1, 5), 0))
	require.Equal(t, epochs+1, firstEpoch(id2, 17))
	require.Equal(t, 2*epochs+1, firstEpoch(id3, epochs+4))
	require.Equal(t, 2*epochs+5, firstEpoch(id2, 2*epochs+4), "one that has had more than its share")
}

func TestAReplacedWorkerSpeaksNoMore(t *testing.T) {
	r := Report{Name: "w1", Incarnation: 1, Follows: id2, Claim: &placement.View{MasterID: idA, Epoch: 5}}
	require.True(t, r.Spoken(id2))
	require.False(t, r.Replaced().Spoken(id2))
	r.Heard = true
	require.True(t, r.Followed(id2))
	require.False(t, r.Replaced().Followed(id2))
}
