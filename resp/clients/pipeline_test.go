package clients

import (
	"fmt"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/testcluster"
	"pikv/testcluster/need"
)

// Whoever sends a whole pipeline before reading is served, also when every write waits
// for its backup.
func TestRedisPySendsAWholePipeline(t *testing.T) {
	t.Parallel()
	python := need.Python(t, "redis")
	for _, copies := range []int{1, 2} {
		t.Run(fmt.Sprint(copies), func(t *testing.T) {
			c := testcluster.Start(t, testcluster.Options{Workers: copies, Replicas: copies, Redis: true})
			c.WaitSynced()
			const many = 100_000
			out, err := exec.CommandContext(t.Context(), python, "testdata/pipeline.py", c.Node("w1").RESP, fmt.Sprint(many), "{"+keyOf(t, c, "w1")+"}").CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Equal(t, fmt.Sprintln(many, many), string(out))
		})
	}
}
