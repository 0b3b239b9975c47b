package peers

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"
)

// clusterTime bounds how long a Redis Cluster may take until it serves.
const clusterTime = 60 * time.Second

// StartRedisCluster starts so many masters of a Redis Cluster that share its slots, and
// waits until all of them serve it.
func StartRedisCluster(ctx context.Context, masters int) (all []*Server, err error) {
	return StartRedisClusterOn(ctx, make([]Host, masters))
}

// redisSlots is how many slots a Redis Cluster has.
const redisSlots = 16384

// SlotOwner returns which of so many masters of StartRedisCluster has a slot.
func SlotOwner(slot uint16, masters int) int { return int(slot) * masters / redisSlots }

// StartRedisClusterOn starts a master on each of the hosts.
func StartRedisClusterOn(ctx context.Context, hosts []Host) (all []*Server, err error) {
	defer func() {
		if err != nil {
			for _, s := range all {
				s.Close()
			}
			all = nil
		}
	}()
	for _, h := range hosts {
		busPort := fixedBusPort
		if h.IP == "" {
			bus, err := freeAddr() // else it is 10000 above the other, which may be none
			if err != nil {
				return all, err
			}
			_, busPort, _ = net.SplitHostPort(bus)
		}
		s, err := start(ctx, "redis-server", h, func(ip, port, dir string) []string {
			return append(redisArgs(ip, port, dir), "--cluster-enabled", "yes", "--cluster-port", busPort)
		})
		if err != nil {
			return all, err
		}
		s.bus = busPort
		all = append(all, s)
	}
	ctx, cancel := context.WithTimeout(ctx, clusterTime)
	defer cancel()
	for i, s := range all {
		if err := s.join(ctx, all[0], i, len(all)); err != nil {
			return all, fmt.Errorf("create a Redis Cluster: %w", err)
		}
	}
	for _, s := range all {
		if err := s.inCluster(ctx); err != nil {
			return all, fmt.Errorf("wait for a Redis Cluster: %w", err)
		}
	}
	return all, nil
}

// fixedBusPort is the port of the masters among themselves on hosts of their own.
const fixedBusPort = "7001"

// join gives master number i its slots, and has it meet the first.
func (s *Server) join(ctx context.Context, first *Server, i, masters int) error {
	from, to := -1, -1
	for slot := range redisSlots {
		if SlotOwner(uint16(slot), masters) == i {
			if from < 0 {
				from = slot
			}
			to = slot
		}
	}
	if _, err := s.cli(ctx, "cluster", "addslotsrange", fmt.Sprint(from), fmt.Sprint(to)); err != nil {
		return err
	}
	// No two may have one epoch: they would have to find that out, and agree.
	if _, err := s.cli(ctx, "cluster", "set-config-epoch", fmt.Sprint(i+1)); err != nil {
		return err
	}
	if s == first {
		return nil
	}
	ip, port, err := net.SplitHostPort(first.Addr)
	if err != nil {
		return err
	}
	_, err = s.cli(ctx, "cluster", "meet", ip, port, first.bus)
	return err
}

// cli has redis-cli ask the server something, and returns what that says.
func (s *Server) cli(ctx context.Context, words ...string) (string, error) {
	ip, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return "", err
	}
	line := append([]string{"redis-cli", "-e", "-h", ip, "-p", port}, words...)
	if s.host.Inside != nil {
		line = s.host.Inside(line)
	}
	out, err := exec.CommandContext(ctx, line[0], line[1:]...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(words, " "), err, out)
	}
	return string(out), nil
}

// inCluster waits until the server knows who has every slot.
func (s *Server) inCluster(ctx context.Context) error {
	for {
		out, err := s.cli(ctx, "cluster", "info")
		if err != nil {
			return err
		}
		if strings.Contains(out, "cluster_state:ok") {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
