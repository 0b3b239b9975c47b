package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pikv/client"
	"pikv/placement"
	"pikv/wire"
)

// confirm says what will be lost, and asks. It returns the partitions that the
// person has agreed to give up, none when there are none.
func (r *reset) confirm(ctx context.Context, c *client.Client, ids []uint16) ([]uint16, error) {
	status, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	view, err := c.View(ctx)
	if err != nil {
		return nil, err
	}
	if r.allLost {
		if ids = withoutCopy(view, status); len(ids) == 0 {
			return nil, nil
		}
	}
	what := partitions(ids)
	if holders := holdersOf(view, ids); len(holders) > 0 {
		what += ", last held by " + names(holders)
	}
	fmt.Fprintf(r.stderr, "This gives up every key in %s: %.3g %% of all keys of cluster %q, for good.\nReset? Type yes: ",
		what, 100*float64(len(ids))/float64(max(status.Partitions, 1)), status.Cluster)
	answer, err := readLine(ctx, r.stdin)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if strings.TrimSpace(answer) != "yes" {
		return nil, errNotConfirmed
	}
	return ids, nil
}

// withoutCopy returns the partitions of which no in-sync replica is alive, as
// the master knows its members, but for those that the status lists as frozen.
func withoutCopy(v *placement.View, r wire.StatusReply) []uint16 {
	alive := make(map[placement.Incarnation]bool)
	for _, m := range r.Members {
		if m.State != stateDead {
			alive[placement.Incarnation(m.Incarnation)] = true
		}
	}
	frozen := make(map[uint16]bool)
	for _, p := range r.Problems {
		if p.State == stateFrozen {
			frozen[p.Partition] = true
		}
	}
	var ids []uint16
	for i, p := range v.Partitions {
		id := uint16(i)
		if !frozen[id] && !slices.ContainsFunc(p.InSync, func(inc placement.Incarnation) bool { return alive[inc] }) {
			ids = append(ids, id)
		}
	}
	return ids
}

// holdersOf names the nodes that are in sync with one of the partitions.
func holdersOf(v *placement.View, ids []uint16) []string {
	held := make(map[placement.Incarnation]bool)
	for _, id := range ids {
		if int(id) < len(v.Partitions) {
			for _, inc := range v.Partitions[id].InSync {
				held[inc] = true
			}
		}
	}
	var list []string
	for _, n := range v.Nodes {
		if held[n.Incarnation] {
			list = append(list, n.Name)
		}
	}
	return list
}

// readLine reads a line, or until ctx ends.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := bufio.NewReader(in).ReadString('\n')
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err() // the read is left behind; the process ends
	case res := <-done:
		return res.line, res.err
	}
}
