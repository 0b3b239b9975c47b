package register

import (
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

func TestJudge(t *testing.T) {
	held := func(id placement.MasterID, e placement.Epoch) *placement.View {
		return view(t, id, e, conf(1, incs{1}))
	}
	born := &State{View: held(idA, 7)}
	successor := func(v *placement.View, of placement.MasterID) *State {
		return &State{View: v, Forsworn: []placement.MasterID{of}}
	}
	serving, recovering, fresh := Reign{ID: idA}, Reign{ID: id2, Why: "lost"}, Reign{ID: idC}
	third := &State{View: held(id3, 7)}
	inThird := Reign{ID: id3}
	for name, c := range map[string]struct {
		rg       Reign
		s        *State
		r        Report
		override bool
		want     Verdict
	}{
		"a worker that has just started":                   {serving, born, Report{}, false, Newcomer},
		"one that followed a master that came to nothing":  {serving, born, Report{Follows: id3}, false, Converts},
		"an ordinary follower":                             {serving, born, Report{Follows: idA, Epoch: 7}, false, Follower},
		"a follower that is behind":                        {serving, born, Report{Follows: idA, Epoch: 5}, false, Follower},
		"a follower that has adopted no view yet":          {serving, born, Report{Follows: idA}, false, Follower},
		"a follower ahead of the file":                     {serving, born, Report{Follows: idA, Epoch: 8}, false, Wiser},
		"one of a crashed recovery, ahead of the file":     {serving, born, Report{Follows: id2, Epoch: 8, Claim: held(idA, 8)}, false, Wiser},
		"one of a crashed recovery, not ahead":             {serving, born, Report{Follows: id2, Epoch: 7, Claim: held(idA, 7)}, false, Wiser},
		"one that another register has taken over":         {serving, born, Report{Follows: idB, Epoch: 7, Claim: held(idA, 7)}, false, Wiser},
		"a late follower of a replaced register":           {inThird, successor(held(id3, 7), id2), Report{Follows: id2, Epoch: 90}, false, Converts},
		"one with a claim of a replaced register":          {inThird, successor(held(id3, 7), idA), Report{Follows: id2, Epoch: 90, Claim: held(idA, 90)}, false, Converts},
		"a convert with its claim":                         {serving, successor(held(idA, 7), idB), Report{Follows: idA, Epoch: 90, Claim: held(idB, 90)}, false, Follower},
		"a stranger":                                       {serving, born, Report{Follows: id2, Epoch: 90}, false, Stranger},
		"an old stranger":                                  {inThird, third, Report{Follows: idB, Epoch: 2}, false, Stranger},
		"one that was ours and has followed a successor":   {serving, born, Report{Incarnation: 3, Follows: id2, Epoch: 90}, false, Wiser},
		"one that was ours and is behind":                  {serving, born, Report{Incarnation: 3, Follows: id2, Epoch: 2}, false, Wiser},
		"one that was ours, of an earlier register":        {inThird, third, Report{Incarnation: 3, Follows: id2, Epoch: 90}, false, Converts},
		"a later stranger and an operator who wants it":    {serving, born, Report{Follows: id2, Epoch: 90}, true, Wiser},
		"an earlier stranger and an operator":              {inThird, third, Report{Follows: id2, Epoch: 2}, true, Converts},
		"the first to tell that the file was lost":         {fresh, &State{}, Report{Follows: idA, Epoch: 7}, false, Wiser},
		"a newcomer to a new cluster":                      {fresh, &State{}, Report{Follows: idC}, false, Follower},
		"one that knows nothing while others do":           {recovering, born, Report{}, false, Newcomer},
		"one to be taken over":                             {recovering, born, Report{Follows: idA, Epoch: 9}, false, Converts},
		"one that was taken over":                          {recovering, born, Report{Follows: id2, Epoch: 9, Claim: held(idA, 9)}, false, Follower},
		"one of a recovery that crashed before":            {recovering, born, Report{Follows: idB, Epoch: 9, Claim: held(idA, 9)}, false, Converts},
		"one of a recovery that has begun after this one":  {recovering, born, Report{Follows: id3, Epoch: 9, Claim: held(idA, 9)}, false, Wiser},
		"one of a recovery that has begun beside this one": {recovering, born, Report{Follows: id2 + 1, Epoch: 9, Claim: held(idA, 9)}, false, Wiser},
	} {
		t.Run(name, func(t *testing.T) {
			got, why := Judge(c.rg, c.s, c.r, c.override)
			require.Equal(t, c.want, got)
			require.Equal(t, got == Wiser || got == Stranger, why != "")
		})
	}
}

func TestALaterChangeGivesAnOldFileAway(t *testing.T) {
	v := view(t, idA, 7, conf(1, incs{1}))
	require.False(t, LaterChange(v, []placement.Change{{Asker: 1, Epoch: 7}}))
	require.True(t, LaterChange(v, []placement.Change{{Asker: 1, Epoch: 7}, {Asker: 2, Epoch: 8}}))
	require.False(t, LaterChange(v, []placement.Change{{Asker: 77, Epoch: 8}}), "from nobody that the view knows")
}
