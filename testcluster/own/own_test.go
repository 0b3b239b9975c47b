package own

import "testing"

func TestEachTestHasItsOwnCluster(t *testing.T) {
	mine := Cluster(t)
	if Cluster(t) != mine {
		t.Error("it has two")
	}
	if len(mine) > 64 {
		t.Errorf("%s is longer than a cluster's name may be", mine)
	}
	t.Run("another", func(t *testing.T) {
		if Cluster(t) == mine {
			t.Error("two tests share one")
		}
	})
}
