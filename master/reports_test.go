package master

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
)

func signalled(r *reports) bool {
	select {
	case <-r.fresh:
		return true
	default:
		return false
	}
}

func TestOnlyNewsWakeTheLoop(t *testing.T) {
	r := newReports()
	record := func(rep report) {
		t.Helper()
		rep.Incarnation, rep.at = 1, epochZero
		_, err := r.record(rep)
		require.NoError(t, err)
	}
	record(report{})
	require.True(t, signalled(r))
	record(report{used: 5})
	require.False(t, signalled(r))
	record(report{Report: register.Report{Follows: idA}})
	require.True(t, signalled(r))
	record(report{Report: register.Report{Follows: idA, Epoch: 1}})
	require.True(t, signalled(r), "it holds a view now")
	record(report{Report: register.Report{Follows: idA, Epoch: 2}})
	require.False(t, signalled(r))
}

// A claim counts only once it has been heard, however often it is repeated,
// and a worker that forswears anew must be heard anew.
func TestAClaimIsHeardOnce(t *testing.T) {
	r := newReports()
	claim := view(t, idA, 9, conf(9, incs{1}))
	rep := report{Report: register.Report{Incarnation: 1, Follows: idB, Epoch: 9, Claim: claim}, at: epochZero}
	kept, err := r.record(rep)
	require.NoError(t, err)
	require.False(t, kept.Followed(idB))
	require.True(t, kept.Spoken(idB))

	seen := r.snapshot()
	r.markHeard(seen, idC)
	require.False(t, r.snapshot()[1].Followed(idB), "heard for another register")
	r.markHeard(seen, idB)
	require.True(t, r.snapshot()[1].Followed(idB))
	rep.Claim = view(t, idA, 9, conf(9, incs{1})) // decoded again
	kept, err = r.record(rep)
	require.NoError(t, err)
	require.True(t, kept.Followed(idB))

	rep.Claim = view(t, idA, 10, conf(9, incs{1}))
	kept, err = r.record(rep)
	require.NoError(t, err)
	require.False(t, kept.Followed(idB), "another claim")
	r.markHeard(seen, idB)
	require.False(t, r.snapshot()[1].Followed(idB), "what was seen before it came")

	rep.Follows = idC
	kept, err = r.record(rep)
	require.NoError(t, err)
	require.False(t, kept.Followed(idC))
}

func TestReportsAreBounded(t *testing.T) {
	r := newReports()
	record := func(n inc, at time.Time) error {
		_, err := r.record(report{Report: register.Report{Incarnation: n}, at: at})
		return err
	}
	for n := inc(1); n <= maxReports; n++ {
		require.NoError(t, record(n, epochZero))
	}
	require.ErrorIs(t, record(maxReports+1, epochZero.Add(forgetReport)), errTooManyWorkers)
	require.NoError(t, record(5, epochZero.Add(forgetReport)), "a known one may go on")
	require.NoError(t, record(maxReports+1, epochZero.Add(forgetReport+1)))
	require.Len(t, r.snapshot(), 2, "the silent are forgotten")
}

func TestReady(t *testing.T) {
	rep := report{Report: register.Report{Follows: idA, Epoch: 3}, at: epochZero}
	require.True(t, rep.ready(idA, epochZero.Add(freshReport)))
	require.False(t, rep.ready(idA, epochZero.Add(freshReport+1)))
	require.False(t, rep.ready(idB, epochZero))
	rep.Claim = &placement.View{}
	require.False(t, rep.ready(idA, epochZero))
	require.False(t, rep.Spoken(idB))
	require.False(t, report{Report: register.Report{Follows: idA, Epoch: 3}}.Spoken(idA), "it holds something, and does not say what")
}

func TestStrangersAreNamedOnceAWhile(t *testing.T) {
	s := newStrangers()
	require.True(t, s.note("w2", epochZero))
	require.False(t, s.note("w2", epochZero.Add(time.Second)))
	require.True(t, s.note("w1", epochZero))
	require.Equal(t, []string{"w1", "w2"}, s.names(epochZero))
	require.True(t, s.note("w2", epochZero.Add(nagEvery)))
	require.Equal(t, []string{"w2"}, s.names(epochZero.Add(strangerStays+1)))
	for i := range 2 * maxStrangers {
		s.note(string(rune('A'+i)), epochZero.Add(nagEvery))
	}
	require.Len(t, s.names(epochZero.Add(nagEvery)), maxStrangers)
}
