package testcluster_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
	"pikv/testcluster"
)

// WAIT tells Redis clients how many other workers have what was acknowledged: none once the
// backup is dead, and one again when another is filled, which then has it indeed.
func TestWaitTellsHowManyBackupsThereAre(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Replicas: 2, Redis: true})
	c.WaitSynced()
	view, err := c.Client().View(t.Context())
	require.NoError(t, err)
	require.Len(t, view.Partitions[0].InSync, 2)
	w1 := resptest.Dial(t, c.Node("w1").RESP)
	set := func(value string) {
		t.Helper()
		c.Eventually("SET is acknowledged", func(context.Context) error { // until w1 has all partitions
			if said := w1.Do("SET", "k", value); said != "+OK" {
				return fmt.Errorf("it says %s", said)
			}
			return nil
		})
	}
	// The view may come to a worker's door a moment later than to its partitions.
	waits := func(want string) {
		t.Helper()
		c.Eventually("WAIT "+want, func(context.Context) error {
			if said := w1.Do("WAIT", "1", "100"); said != want {
				return fmt.Errorf("it says %s", said)
			}
			return nil
		})
	}
	require.Equal(t, ":1", w1.Do("WAIT", "1", "100"))
	c.Kill("w2")
	set("alone")
	waits(":0")
	set("still alone")
	require.Equal(t, ":0", w1.Do("WAIT", "1", "0"), "it does not wait")

	w3 := c.AddWorker()
	c.WaitSettled()
	waits(":1")
	set("with another")
	require.Equal(t, ":1", w1.Do("WAIT", "1", "100"))
	c.Kill("w1")
	after := resptest.Dial(t, w3.RESP)
	c.Eventually("w3 has it", func(context.Context) error {
		if said := after.Do("GET", "k"); said != "with another" {
			return fmt.Errorf("it says %s", said)
		}
		return nil
	})
	require.Equal(t, ":0", after.Do("WAIT", "1", "100"))
}
