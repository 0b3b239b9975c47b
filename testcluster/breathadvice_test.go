package testcluster_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/testcluster"
)

// With advise the policy says which step it would take, and by which figures, and leaves it to the operator:
// a worker too many stays active, and a spare too few stays a spare.
func TestNetnsAdviceIsGivenAndNotFollowed(t *testing.T) {
	t.Parallel()
	policy := breathing()
	policy.Mode = autoscale.Advise
	b := breathe(t, 1, testcluster.Options{Mode: testcluster.Namespaces, Workers: 3, Scaling: policy})
	b.advised("spare", `^memory \d+ %, requests \d+/s of 3 workers stayed below the low marks \(memory 30 %, requests 240/s\), `+
		`and the others can carry it: pikv spare w[123] would do it \(--autoscale advise\)$`)
	b.load.SetRate(3 * doubleRate / 2)
	b.advised("activate", `^mean requests \d+/s of 3 workers passed the high mark 300/s: pikv activate w4 would do it \(--autoscale advise\)$`)
	require.Empty(t, b.texts(), "no step was taken")
	b.finish()
}

// advised waits until the policy has advised a step for longer than a cool-down, in an event and in the status. From
// the first look to the last nobody but w1, w2 and w3 is active or holds anything.
func (b *breath) advised(step, event string) {
	b.t.Helper()
	said := regexp.MustCompile(event)
	b.Eventually("wait for the advice "+step, func(ctx context.Context) error {
		status, err := b.cl.Status(ctx)
		if err != nil {
			return err
		}
		for _, m := range status.Members {
			switch m.Name {
			case "w1", "w2", "w3":
				require.Equal(b.t, "active", m.State, "%s: %s", m.Name, status.Scaling.Reason)
			case "w4":
				require.Contains(b.t, []string{"joining", "spare"}, m.State, "%s: %s", m.Name, status.Scaling.Reason)
				require.Zero(b.t, m.Replicas)
			}
		}
		if s := status.Scaling; s.Mode != "advise" || s.Step != step || s.Node == "" || s.Reason == "" {
			return fmt.Errorf("the status says %+v", s)
		}
		all, err := b.cl.Events(ctx, 0, 0)
		if err != nil {
			return err
		}
		for _, e := range all {
			if e.Kind == "scale" && said.MatchString(e.Text) && time.Duration(e.AgoMS)*time.Millisecond > b.policy.CoolDown {
				return nil
			}
		}
		return fmt.Errorf("the events say %+v", all)
	})
}
