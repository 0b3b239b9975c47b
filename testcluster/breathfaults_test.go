package testcluster_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/testcluster"
)

// What is decided is in the register: a master that is started again in the middle of a
// scale-out goes on with it, and does not begin another one.
func TestAScaleOutOutlivesTheMaster(t *testing.T) {
	b := halfActivated(t)
	b.Stop(testcluster.MasterName)
	b.Restart(testcluster.MasterName)
	b.active(3)
	state := func(name string) string {
		for _, m := range b.Status().Members {
			if m.Name == name {
				return m.State
			}
		}
		return "missing"
	}
	require.Equal(t, "active", state("w3"))
	require.Equal(t, "spare", state("w4"))
	b.content()
	require.Empty(t, b.texts(), "the new master has done nothing")
	b.finish()
}

// A spare that dies while it is being activated leaves nothing behind, and the next
// one takes its place.
func TestASpareDiesWhileItIsActivated(t *testing.T) {
	b := halfActivated(t)
	b.Kill("w3")
	b.active(3)
	texts := b.texts()
	require.Len(t, texts, 2)
	require.Regexp(t, `^w4 is activated: mean requests `, texts[1])
	b.finish()
}

// halfActivated returns a cluster with the spares w3 and w4, of which w3 is being activated, slowly: it is
// filled still.
func halfActivated(t *testing.T) *breath {
	t.Helper()
	beside(t)
	policy := breathing()
	policy.Memory = autoscale.Marks{} // only the load counts
	b := breathe(t, 2, testcluster.Options{Scaling: policy, MoveRate: 2 << 20})
	b.bulk()
	b.load.SetRate(doubleRate)
	b.Eventually("wait until w3 is filled", func(ctx context.Context) error {
		status, err := b.cl.Status(ctx)
		if err != nil {
			return err
		}
		for _, m := range status.Members {
			if m.Name == "w3" && m.State == "active" && m.Replicas > 0 {
				if status.Synced == status.Partitions {
					return fmt.Errorf("it is over: %s", status.Scaling.Reason)
				}
				return nil
			}
		}
		return errors.New("it is a spare")
	})
	return b
}
