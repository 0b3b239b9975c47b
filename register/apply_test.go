package register

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
)

var errInjected = errors.New("injected")

func addLearner(p placement.PartitionID, e placement.Epoch, to inc) Request {
	return Request{Changes: []placement.Change{{Kind: placement.AddLearner, Partition: p, Epoch: e, Asker: 1, Node: to}}}
}

func TestABatchIsOneView(t *testing.T) {
	s := &State{View: view(t, idA, 3, conf(1, incs{1}), conf(2, incs{1})), Frozen: []Frozen{icy(1, conf(2, incs{1}))}}
	three := func(s *State) (*State, error) { return s.WithReplicas(3) }
	next, answers := Apply(s, []Request{addLearner(0, 1, 2), {Edit: three}, addLearner(0, 1, 3), addLearner(1, 2, 2)})
	require.Equal(t, placement.Epoch(5), next.View.Epoch, "the edit's, and one for all changes")
	require.Equal(t, 3, next.View.Replicas)
	require.Equal(t, incs{2}, next.View.Partitions[0].Learners)
	require.Empty(t, s.View.Partitions[0].Learners, "the State in force was changed")
	for _, a := range answers {
		require.NoError(t, a.Err)
		require.Equal(t, next.View.Epoch, a.Epoch)
	}
	require.NoError(t, answers[0].Refused[0])
	require.ErrorIs(t, answers[2].Refused[0], placement.ErrStaleEpoch)
	require.ErrorIs(t, answers[3].Refused[0], ErrFrozen)

	same, _ := Apply(next, []Request{addLearner(0, 1, 2), {Edit: three}, {}})
	require.Same(t, next, same)
}

func TestAnEditMustKeepTheRules(t *testing.T) {
	s := &State{View: view(t, idA, 3, conf(1, incs{1}))}
	for text, edit := range map[string]func(*State) (*State, error){
		"epoch 3 would follow 3": func(s *State) (*State, error) { v := *s.View; return s.WithView(&v), nil },
		"no in-sync": func(s *State) (*State, error) {
			v := s.View.Clone()
			v.Epoch++
			v.Partitions[0].InSync = nil
			return s.WithView(v), nil
		},
		"would be gone": func(*State) (*State, error) { return &State{}, nil },
		"injected":      func(*State) (*State, error) { return nil, errInjected },
	} {
		next, answers := Apply(s, []Request{{Edit: edit}})
		require.Same(t, s, next)
		require.ErrorContains(t, answers[0].Err, text)
	}
}

func TestChangesBeforeTheBirthAreRefused(t *testing.T) {
	s := &State{}
	next, answers := Apply(s, []Request{addLearner(0, 1, 2)})
	require.Same(t, s, next)
	require.ErrorIs(t, answers[0].Err, ErrNoView)
}
