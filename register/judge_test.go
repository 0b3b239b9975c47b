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
	partly := &State{View: held(idA, 7), Frozen: []Frozen{{0, 1}}}
	successor := &State{View: held(idA, 7), Forsworn: []placement.MasterID{idB}}
	serving, recovering, fresh := Reign{ID: idA}, Reign{ID: idC, Why: "lost"}, Reign{ID: idC}
	for name, c := range map[string]struct {
		rg       Reign
		s        *State
		r        Report
		override bool
		want     Verdict
	}{
		"a worker that has just started":                     {serving, born, Report{}, false, Newcomer},
		"one that followed a master that came to nothing":    {serving, born, Report{Follows: idB}, false, Converts},
		"an ordinary follower":                               {serving, born, Report{Follows: idA, Epoch: 7}, false, Follower},
		"a follower that is behind":                          {serving, born, Report{Follows: idA, Epoch: 5}, false, Follower},
		"a follower that has adopted no view yet":            {serving, born, Report{Follows: idA}, false, Follower},
		"a follower ahead of the file":                       {serving, born, Report{Follows: idA, Epoch: 8}, false, Wiser},
		"one of a crashed recovery, ahead of the file":       {serving, born, Report{Follows: idB, Epoch: 8, Claim: held(idA, 8)}, false, Wiser},
		"one of a crashed recovery, not ahead":               {serving, born, Report{Follows: idB, Epoch: 7, Claim: held(idA, 7)}, false, Converts},
		"a late follower of a replaced register":             {serving, successor, Report{Follows: idB, Epoch: 90}, false, Converts},
		"one with a claim of a replaced register":            {serving, successor, Report{Follows: idC, Epoch: 90, Claim: held(idB, 90)}, false, Converts},
		"a convert with its claim":                           {serving, successor, Report{Follows: idA, Epoch: 90, Claim: held(idB, 90)}, false, Follower},
		"a stranger":                                         {serving, born, Report{Follows: idB, Epoch: 90}, false, Stranger},
		"an old stranger":                                    {serving, born, Report{Follows: idB, Epoch: 2}, false, Stranger},
		"one that was ours and has followed a successor":     {serving, born, Report{Incarnation: 3, Follows: idB, Epoch: 90}, false, Wiser},
		"one that was ours and is behind":                    {serving, born, Report{Incarnation: 3, Follows: idB, Epoch: 2}, false, Stranger},
		"a stranger while partitions wait for someone":       {serving, partly, Report{Incarnation: 77, Follows: idB, Epoch: 90}, false, Stranger},
		"one of ours while partitions wait for someone":      {serving, partly, Report{Incarnation: 3, Follows: idB, Epoch: 90}, false, Converts},
		"a stranger and an operator who wants it":            {serving, born, Report{Follows: idB, Epoch: 90}, true, Wiser},
		"an old stranger and an operator":                    {serving, born, Report{Follows: idB, Epoch: 2}, true, Converts},
		"the first to tell that the file was lost":           {fresh, &State{}, Report{Follows: idA, Epoch: 7}, false, Wiser},
		"a newcomer to a new cluster":                        {fresh, &State{}, Report{Follows: idC}, false, Follower},
		"one that knows nothing while others do":             {recovering, born, Report{}, false, Newcomer},
		"one to be taken over":                               {recovering, born, Report{Follows: idA, Epoch: 9}, false, Converts},
		"one that was taken over":                            {recovering, born, Report{Follows: idC, Epoch: 9, Claim: held(idA, 9)}, false, Follower},
		"one of a recovery that crashed before":              {recovering, born, Report{Follows: idB, Epoch: 9, Claim: held(idA, 9)}, false, Converts},
		"one that claims a later view of the very new reign": {serving, born, Report{Follows: idB, Epoch: 8, Claim: held(idA, 8)}, true, Wiser},
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
