package runner

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/bench"
	"pikv/bench/study"
	"pikv/bench/study/stage"
	"pikv/client"
)

var errSilent = errors.New("it does not answer")

// shaky is a stage whose clusters lose a node as often as it is told to.
type shaky struct {
	losses int    // clusters that are lost before clients connect
	blind  bool   // nobody tells what the nodes use
	lost   string // what those that are lost say
	starts int
}

func (s *shaky) Target() study.Target       { return study.Target{Name: "shaky"} }
func (s *shaky) Open(context.Context) error { return nil }
func (s *shaky) Limits() study.Limits       { return study.Limits{Most: 4} }
func (s *shaky) Cores() float64             { return 1 }
func (s *shaky) Close() error               { return nil }
func (s *shaky) Start(context.Context, stage.Wanted) (stage.Cluster, error) {
	s.starts++
	return &shakyCluster{stage: s, fails: s.starts <= s.losses}, nil
}

// shakyCluster answers everything with a value, or nobody at all.
type shakyCluster struct {
	stage *shaky
	fails bool
}

func (c *shakyCluster) Connect(context.Context, int, string) (*stage.Clients, error) {
	if c.fails {
		return nil, errSilent
	}
	return &stage.Clients{Stores: []bench.Store{c}}, nil
}
func (c *shakyCluster) Owners(context.Context) ([]string, func(string) int, error) {
	return []string{"w1"}, func(string) int { return 0 }, nil
}
func (c *shakyCluster) CPU(context.Context) (stage.Used, error) {
	if c.stage.blind {
		return stage.Used{}, errSilent
	}
	return stage.Used{}, nil
}
func (c *shakyCluster) Lost(context.Context) string {
	if c.fails {
		return c.stage.lost
	}
	return ""
}
func (c *shakyCluster) Dilation() float64                           { return 1 }
func (c *shakyCluster) Close() error                                { return errSilent } // nobody is there to close it
func (c *shakyCluster) Get(context.Context, string) ([]byte, error) { return []byte("x"), nil }
func (c *shakyCluster) Put(context.Context, string, []byte, ...client.PutOption) (uint64, error) {
	return 1, nil
}

// measured runs a step of four repeats on a stage.
func measured(t *testing.T, on stage.Stage) ([]study.Point, error) {
	t.Helper()
	dir := t.TempDir()
	r := Runner{Stage: on, Dir: dir, Begin: func(study.Step, int) {}, End: func(study.Step) {}, Steps: []study.Step{{
		Figure: "F1", Store: study.Pikv, Mode: study.Proxied, Workers: 1, Replicas: 1, Clients: 2, ValueBytes: 1, Op: study.Mix,
		Measure: study.Latency, Repeats: 4, Requests: 10, Keys: 3,
	}}}
	err := r.Run(t.Context())
	points, readErr := study.ReadPoints(dir)
	require.NoError(t, readErr)
	return points, err
}

// TestALostMasterIsMarked: who cannot connect because a node is gone has a marked
// repeat and a new cluster, and the study goes on.
func TestALostMasterIsMarked(t *testing.T) {
	s := &shaky{losses: 2, lost: "master"}
	points, err := measured(t, s)
	require.ErrorIs(t, err, errSilent, "only the close of the last cluster fails")
	require.Len(t, points, 4)
	require.Equal(t, 3, s.starts)
	for i, p := range points {
		require.Equal(t, i+1, p.Repeat)
		require.Equal(t, i < 2, p.Mark == "a node was lost: master", p.Mark)
		require.Equal(t, i < 2, p.Ops == 0)
	}
}

// TestClustersThatAreLostAgainAndAgainEndTheStudy, and so does one that does not answer
// though all of its nodes are there.
func TestClustersThatAreLostAgainAndAgainEndTheStudy(t *testing.T) {
	s := &shaky{losses: 9, lost: "master"}
	points, err := measured(t, s)
	require.ErrorIs(t, err, errSilent)
	require.Len(t, points, mostFailures)
	points, err = measured(t, &shaky{losses: 9})
	require.ErrorIs(t, err, errSilent)
	require.Empty(t, points)
}

// TestUnknownProcessorTimeIsMarked, and the repeat kept.
func TestUnknownProcessorTimeIsMarked(t *testing.T) {
	points, err := measured(t, &shaky{blind: true})
	require.ErrorIs(t, err, errSilent)
	require.Len(t, points, 4)
	for _, p := range points {
		require.Contains(t, p.Mark, "what the nodes used is not known: it does not answer")
		require.Equal(t, int64(10), p.Ops)
	}
}
