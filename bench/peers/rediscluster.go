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
	defer func() {
		if err != nil {
			for _, s := range all {
				s.Close()
			}
			all = nil
		}
	}()
	create := []string{"--cluster", "create"}
	for range masters {
		bus, err := freeAddr() // else it is 10000 above the other, which may be none
		if err != nil {
			return all, err
		}
		_, busPort, _ := net.SplitHostPort(bus)
		s, err := start(ctx, "redis-server", func(port, dir string) []string {
			return append(redisArgs(port, dir), "--cluster-enabled", "yes", "--cluster-port", busPort)
		})
		if err != nil {
			return all, err
		}
		all, create = append(all, s), append(create, s.Addr+"@"+busPort)
	}
	ctx, cancel := context.WithTimeout(ctx, clusterTime)
	defer cancel()
	create = append(create, "--cluster-replicas", "0", "--cluster-yes")
	if out, err := exec.CommandContext(ctx, "redis-cli", create...).CombinedOutput(); err != nil {
		return all, fmt.Errorf("create a Redis Cluster: %w\n%s", err, out)
	}
	for _, s := range all {
		if err := s.inCluster(ctx); err != nil {
			return all, fmt.Errorf("wait for a Redis Cluster: %w", err)
		}
	}
	return all, nil
}

// inCluster waits until the server knows who has every slot.
func (s *Server) inCluster(ctx context.Context) error {
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	for {
		out, err := exec.CommandContext(ctx, "redis-cli", "-h", host, "-p", port, "cluster", "info").Output()
		if err != nil {
			return err
		}
		if strings.Contains(string(out), "cluster_state:ok") {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
