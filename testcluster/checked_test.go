package testcluster_test

import (
	"testing"

	"pikv/testcluster"
)

// Promises 1 and 2: while workers join, drain, stop and die, every key is
// linearizable, no call fails, and afterwards every key is there.
func TestEveryAnswerIsRightWhilePartitionsMove(t *testing.T) {
	beside(t)
	c := testcluster.Start(t, testcluster.Options{Workers: 2, Partitions: 128})
	cl := c.Client()
	putAll(t, cl)
	finish := record(t, c)
	c.AddWorker()
	c.WaitSettled()
	c.AddWorker()
	c.WaitSettled()
	c.Drain("w1")
	c.Stop("w1")
	c.Stop("w2")
	c.Restart("w1")
	c.WaitSettled()
	c.Kill("w3")
	c.WaitSettled()
	whole(t, finish)
	checkAll(t, cl)
}
