package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/discovery"
)

func clusterFlag() cli.Flag {
	return &cli.StringFlag{
		Name: "cluster", EnvVars: []string{"PIKV_CLUSTER"},
		Usage: "the `NAME` of the cluster to look for on the network by multicast DNS; not with --seeds",
	}
}

// localWait bounds the look whether a node listens on this machine.
const localWait = 500 * time.Millisecond

// located returns s with seeds: those that were given; else this machine, if a node
// listens here; else the nodes of the cluster that answers by multicast DNS. When
// nobody does the seeds stay as they are, and connecting will say so.
func (s session) located(ctx context.Context) (session, error) {
	if s.seeded || s.cluster == "" && listens(ctx, s.seeds) {
		s.seeded = true
		return s, nil
	}
	nodes, err := discovery.Find(ctx, s.cluster, false)
	switch {
	case err == nil:
		s.seeds, s.seeded = nil, true
		for _, n := range nodes {
			s.seeds = append(s.seeds, n.RPC.String())
		}
		return s, nil
	case errors.Is(err, discovery.ErrSeveralClusters), errors.Is(err, discovery.ErrSeveralMasters), errors.Is(err, discovery.ErrSameName), s.cluster != "" && ctx.Err() == nil:
		return s, usagef(s.command, "%v", err)
	default:
		return s, ctx.Err()
	}
}

// listens reports whether anybody takes connections at one of the addresses.
func listens(ctx context.Context, addrs []string) bool {
	ctx, cancel := context.WithTimeout(ctx, localWait)
	defer cancel()
	for _, addr := range addrs {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr); err == nil {
			conn.Close()
			return true
		}
	}
	return false
}
