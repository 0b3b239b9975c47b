package master

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/register"
	"pikv/wire"
)

// What a worker says of its load is kept with its report and shown; what cannot be
// is refused with the whole report, and the last one stays.
func TestALoadIsCheckedAndShown(t *testing.T) {
	b := serving(t, &register.State{View: view(t, idA, 9, conf(9, incs{1}))}, nil, 1, 2, 3, 4, 5)
	report := func(l wire.Load) error {
		rep, err := b.front.readReport(wire.ReportRequest{Name: "w1", Incarnation: 1, MasterID: uint64(idA), Epoch: 9, Load: l})
		if err == nil {
			_, err = b.front.answerReport(rep)
		}
		return err
	}
	good := wire.Load{Reads: 3, CPU: 0.5, CPUs: 4, Partitions: []wire.PartitionLoad{{P: 1, Rate: 2}}, Keys: []wire.HotKey{{Key: []byte{0xff}, Size: 1, Share: 0.4}}}
	require.NoError(t, report(good))
	bad := good
	bad.CPU = math.NaN()
	err := report(bad)
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeBadRequest})
	require.ErrorContains(t, err, `the report of "w1": load: cpu of NaN`)
	require.Equal(t, good, b.front.reports.snapshot()[placement.Incarnation(1)].load)
	for _, m := range b.front.status().Members {
		if m.Name == "w1" {
			require.Equal(t, good, m.Load)
		} else {
			require.Zero(t, m.Load)
		}
	}
}
