package placement

import (
	"fmt"
	"strings"
)

// FormatPlan prints changes, one a line, with the names that v has for the
// nodes: "p17 e5 w1: add learner w3" means that w1 is to ask, at epoch 5 of
// partition 17, for w3 as a learner.
func FormatPlan(v *View, changes []Change) string {
	name := make(map[Incarnation]string, len(v.Nodes))
	for _, n := range v.Nodes {
		name[n.Incarnation] = n.Name
	}
	text := func(inc Incarnation) string {
		if n, ok := name[inc]; ok {
			return n
		}
		return inc.String()
	}
	var b strings.Builder
	for _, c := range changes {
		step := c.Kind.String()
		switch c.Kind {
		case HandOver:
			step += " to"
		case Replace:
			step += " the primary by"
		}
		fmt.Fprintf(&b, "p%d e%d %s: %s %s\n", c.Partition, c.Epoch, text(c.Asker), step, text(c.Node))
	}
	return b.String()
}
