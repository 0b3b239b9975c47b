package master

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
	serving, recovering, fresh := &reign{id: idA}, &reign{id: idC, why: "lost"}, &reign{id: idC}
	for name, c := range map[string]struct {
		rg       *reign
		s        *State
		r        report
		override bool
		want     verdict
	}{
		"a worker that has just started":                     {serving, born, report{}, false, newcomer},
		"one that followed a master that came to nothing":    {serving, born, report{follows: idB}, false, converts},
		"an ordinary follower":                               {serving, born, report{follows: idA, epoch: 7}, false, follower},
		"a follower that is behind":                          {serving, born, report{follows: idA, epoch: 5}, false, follower},
		"a follower that has adopted no view yet":            {serving, born, report{follows: idA}, false, follower},
		"a follower ahead of the file":                       {serving, born, report{follows: idA, epoch: 8}, false, wiser},
		"one of a crashed recovery, ahead of the file":       {serving, born, report{follows: idB, epoch: 8, claim: held(idA, 8)}, false, wiser},
		"one of a crashed recovery, not ahead":               {serving, born, report{follows: idB, epoch: 7, claim: held(idA, 7)}, false, converts},
		"a late follower of a replaced register":             {serving, successor, report{follows: idB, epoch: 90}, false, converts},
		"one with a claim of a replaced register":            {serving, successor, report{follows: idC, epoch: 90, claim: held(idB, 90)}, false, converts},
		"a convert with its claim":                           {serving, successor, report{follows: idA, epoch: 90, claim: held(idB, 90)}, false, follower},
		"a stranger":                                         {serving, born, report{follows: idB, epoch: 90}, false, stranger},
		"an old stranger":                                    {serving, born, report{follows: idB, epoch: 2}, false, stranger},
		"one that was ours and has followed a successor":     {serving, born, report{incarnation: 3, follows: idB, epoch: 90}, false, wiser},
		"one that was ours and is behind":                    {serving, born, report{incarnation: 3, follows: idB, epoch: 2}, false, stranger},
		"a stranger while partitions wait for someone":       {serving, partly, report{follows: idB, epoch: 90}, false, converts},
		"a stranger and an operator who wants it":            {serving, born, report{follows: idB, epoch: 90}, true, wiser},
		"an old stranger and an operator":                    {serving, born, report{follows: idB, epoch: 2}, true, converts},
		"the first to tell that the file was lost":           {fresh, &State{}, report{follows: idA, epoch: 7}, false, wiser},
		"a newcomer to a new cluster":                        {fresh, &State{}, report{follows: idC}, false, follower},
		"one that knows nothing while others do":             {recovering, born, report{}, false, newcomer},
		"one to be taken over":                               {recovering, born, report{follows: idA, epoch: 9}, false, converts},
		"one that was taken over":                            {recovering, born, report{follows: idC, epoch: 9, claim: held(idA, 9)}, false, follower},
		"one of a recovery that crashed before":              {recovering, born, report{follows: idB, epoch: 9, claim: held(idA, 9)}, false, converts},
		"one that claims a later view of the very new reign": {serving, born, report{follows: idB, epoch: 8, claim: held(idA, 8)}, true, wiser},
	} {
		t.Run(name, func(t *testing.T) {
			got, why := judge(c.rg, c.s, c.r, c.override)
			require.Equal(t, c.want, got)
			require.Equal(t, got == wiser || got == stranger, why != "")
		})
	}
}

func TestALaterChangeGivesAnOldFileAway(t *testing.T) {
	v := view(t, idA, 7, conf(1, incs{1}))
	require.False(t, laterChange(v, []placement.Change{{Asker: 1, Epoch: 7}}))
	require.True(t, laterChange(v, []placement.Change{{Asker: 1, Epoch: 7}, {Asker: 2, Epoch: 8}}))
	require.False(t, laterChange(v, []placement.Change{{Asker: 77, Epoch: 8}}), "from nobody that the view knows")
}
