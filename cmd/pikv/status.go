package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/wire"
)

// statusCommand shows how the cluster is.
func statusCommand(e env) *cli.Command {
	return question[wire.StatusReply]{
		name: "status", usage: "show how the cluster is, and what to do about it",
		description: "Each partition is in one state:\n" +
			"  synced    served, with all its copies\n" +
			"  degraded  served, with fewer, and the next copy is not begun yet\n" +
			"  moving    served, and a copy is being made or moved\n" +
			"  waiting   not served until somebody answers\n" +
			"  lost      every copy is gone for good\n" +
			"and may be frozen besides: a master that was started anew leaves it as it is until all its copies have reported.\n" +
			"When the master is away a worker answers with what it knows.",
		ask:  func(ctx context.Context, c *client.Client) (wire.StatusReply, error) { return c.Status(ctx) },
		text: statusText,
	}.command(e)
}

// statusText prints the cluster's figures, the moves under way, its nodes, and
// what is wrong with it.
func statusText(w io.Writer, r wire.StatusReply) error {
	rows := [][]string{
		{"cluster", fmt.Sprintf("%s, epoch %d", r.Cluster, r.Epoch)},
		{"master", masterText(r)},
		{"state", stateText(r)},
		{"partitions", partitionsText(r)},
		{"copies", copiesText(r)},
	}
	if slices.ContainsFunc(r.Members, known) {
		rows = append(rows, []string{"load", loadText(r)})
	}
	if text := scalingText(r.Scaling); text != "" {
		rows = append(rows, []string{"scaling", text})
	}
	if n := r.Scaling.Leads; n > 0 {
		verb := "are"
		if n == 1 {
			verb = "is"
		}
		rows = append(rows, []string{"balance", fmt.Sprintf("%s %s led by another worker than the ring says, for the requests' sake", count(n, "partition"), verb)})
	}
	if r.MoveTotal > 0 {
		rows = append(rows, []string{"filling", progressText(r.MoveDone, r.MoveTotal, r.MoveRate)})
	}
	steps := []func() error{
		func() error { return table(w, rows) },
		func() error { return blankLine(w) },
		func() error { return membersTable(w, r.Members) },
	}
	if len(r.Moves) > 0 {
		steps = append(steps, func() error { return movesTable(w, r.Moves) })
	}
	for _, p := range problemsOf(r) {
		steps = append(steps, func() error { return p.print(w) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// scalingText says what the scaling policy is about; "" when there is none.
func scalingText(s wire.ScalingStatus) string {
	switch {
	case s.Mode == "" || s.Mode == scalingOff:
		return ""
	case s.Node != "":
		return fmt.Sprintf("%s: %s %s: %s", s.Mode, s.Step, s.Node, s.Reason)
	default:
		return s.Mode + ": " + s.Reason
	}
}

// scalingOff is the mode of a master that does not scale, as --autoscale spells it.
const scalingOff = "off"

func blankLine(w io.Writer) error {
	_, err := fmt.Fprintln(w)
	return err
}

// masterText says where the master is and who answered.
func masterText(r wire.StatusReply) string {
	if r.Role == roleMaster {
		return fmt.Sprintf("%s at %s, version %s", r.Node, dash(r.MasterAddr), r.Version)
	}
	where := ""
	if r.MasterAddr != "" {
		where = " at " + r.MasterAddr
	}
	return fmt.Sprintf("does not answer%s; this is what worker %s knows (version %s)", where, r.Node, r.Version)
}

// stateText is the whole in a line. A worker that answers for the master does
// not know it.
func stateText(r wire.StatusReply) string {
	switch {
	case r.Role != roleMaster:
		return "not known without the master"
	case r.Listening != "":
		return "not known yet: the master listens to the workers first"
	case r.Epoch == 0:
		return "no worker has come yet: start one (pikvd start --role worker)"
	case isSynced(r):
		return "fully synced for " + long(milliseconds(r.SyncedMS))
	case r.Waiting > 0 || r.Lost > 0:
		return fmt.Sprintf("%s not served; not fully synced for %s", count(r.Waiting+r.Lost, "partition"), long(milliseconds(r.UnsyncedMS)))
	default:
		return "serving; not fully synced for " + long(milliseconds(r.UnsyncedMS))
	}
}

// isSynced reports whether every partition has all its copies, as the master
// knows; nobody else does.
func isSynced(r wire.StatusReply) bool {
	return r.Role == roleMaster && r.Listening == "" && r.Partitions > 0 && r.Epoch > 0 && r.Synced == r.Partitions
}

// partitionsText counts the partitions by state.
func partitionsText(r wire.StatusReply) string {
	var parts []string
	if r.Synced > 0 {
		parts = append(parts, strconv.Itoa(r.Synced)+" synced")
	}
	if others := countsText(r); others != "" {
		parts = append(parts, others)
	}
	if len(parts) == 0 {
		return strconv.Itoa(r.Partitions)
	}
	return strconv.Itoa(r.Partitions) + ": " + strings.Join(parts, ", ")
}

// countsText counts the partitions that are not synced by state, without those
// states that none is in: "3 degraded, 5 moving".
func countsText(r wire.StatusReply) string {
	var parts []string
	for _, state := range []struct {
		name string
		n    int
	}{
		{stateDegraded, r.Degraded}, {"moving", r.Moving}, {stateWaiting, r.Waiting}, {stateLost, r.Lost}, {stateFrozen, r.Frozen},
	} {
		if state.n > 0 {
			parts = append(parts, strconv.Itoa(state.n)+" "+state.name)
		}
	}
	return strings.Join(parts, ", ")
}

// What a master does about a lost partition, as --on-loss spells it.
const (
	onLossWait  = "wait"
	onLossReset = "reset"
)

// copiesText says how many copies there are to be, and what becomes of losses.
func copiesText(r wire.StatusReply) string {
	text := fmt.Sprintf("%d of each partition", r.Replicas)
	switch r.OnLoss {
	case onLossWait:
		text += "; lost ones wait for `pikv partition reset`"
	case onLossReset:
		text += "; lost ones begin anew, empty (--on-loss reset)"
	}
	return text
}

// progressText says how far something is: "1.2 MiB of 3.0 MiB at 0.5 MiB/s, 4 s left".
func progressText(done, total, rate int64) string {
	if total == 0 {
		return "just begun"
	}
	text := fmt.Sprintf("%s of %s", bytesText(done), bytesText(total))
	if rate > 0 {
		text += fmt.Sprintf(" at %s/s", bytesText(rate))
		if left := total - done; left > rate { // more than a second
			text += fmt.Sprintf(", about %s left", long(time.Duration(left/rate)*time.Second))
		}
	}
	return text
}

// movesShown bounds the moves in the text; --json has all that the master lists.
const movesShown = 10

// movesTable prints the moves under way.
func movesTable(w io.Writer, moves []wire.MoveStatus) error {
	if err := blankLine(w); err != nil {
		return err
	}
	rows := [][]string{{"FILLING", "FROM", "TO", "PROGRESS"}}
	for _, m := range moves[:min(len(moves), movesShown)] {
		rows = append(rows, []string{partitions([]uint16{m.Partition}), m.From, m.To, progressText(m.Done, m.Total, m.Rate)})
	}
	if rest := len(moves) - movesShown; rest > 0 {
		rows = append(rows, []string{fmt.Sprintf("and %d more", rest)})
	}
	return table(w, rows)
}
