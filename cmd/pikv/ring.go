package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"pikv/client"
	"pikv/placement"
)

// ringCommand shows each worker's share.
func ringCommand(e env) *cli.Command {
	return question[ring]{
		name: "ring", usage: "show which share of the keys each worker owns",
		description: "SHARE counts the partitions in force, not those that the ring aims at while partitions move.",
		ask: func(ctx context.Context, c *client.Client) (ring, error) {
			view, err := c.View(ctx)
			if err != nil {
				return ring{}, err
			}
			return ring{view.Epoch, len(view.Partitions), shares(view)}, nil
		},
		text: ringText,
	}.command(e)
}

// ring is who has how much of the cluster.
type ring struct {
	Epoch      placement.Epoch `json:"epoch"`
	Partitions int             `json:"partitions"`
	Workers    []share         `json:"workers"`
}

// share is what one worker has of the cluster.
type share struct {
	Name     string  `json:"name"`
	Addr     string  `json:"addr"`
	RESP     string  `json:"resp"` // "" for none
	State    string  `json:"state"`
	Owns     int     `json:"owns"` // partitions
	Share    float64 `json:"share"`
	Backups  int     `json:"backups"`
	Learning int     `json:"learning"`
}

// shares counts, in the order of the view's nodes.
func shares(v *placement.View) []share {
	out := make([]share, len(v.Nodes))
	index := make(map[placement.Incarnation]int, len(v.Nodes))
	for i, n := range v.Nodes {
		out[i] = share{Name: n.Name, Addr: n.Addr, RESP: n.RESPAddr, State: n.State.String()}
		index[n.Incarnation] = i
	}
	for _, p := range v.Partitions {
		for _, inc := range p.InSync {
			if i, ok := index[inc]; ok && inc == p.Primary {
				out[i].Owns++
			} else if ok {
				out[i].Backups++
			}
		}
		for _, inc := range p.Learners {
			if i, ok := index[inc]; ok {
				out[i].Learning++
			}
		}
	}
	for i := range out {
		out[i].Share = float64(out[i].Owns) / float64(max(len(v.Partitions), 1))
	}
	return out
}

// ringText prints the shares.
func ringText(w io.Writer, r ring) error {
	if _, err := fmt.Fprintf(w, "%d partitions, epoch %s\n\n", r.Partitions, r.Epoch); err != nil {
		return err
	}
	rows := [][]string{{"WORKER", "ADDRESS", "RESP", "STATE", "OWNS", "SHARE", "BACKUPS", "LEARNING"}}
	for _, s := range r.Workers {
		rows = append(rows, []string{s.Name, s.Addr, dash(s.RESP), s.State, strconv.Itoa(s.Owns),
			fmt.Sprintf("%.1f %%", 100*s.Share), strconv.Itoa(s.Backups), strconv.Itoa(s.Learning)})
	}
	return table(w, rows)
}
