package stage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pikv/bench/study"
)

// Prepare implements Changing.
func (c *pikvCluster) Prepare(ctx context.Context, event string) error {
	if event != study.Wake {
		return nil
	}
	spare, err := c.AddWorker(ctx, "--spare")
	if err != nil {
		return err
	}
	return c.known(ctx, spare.Name)
}

// known waits until the master knows a worker.
func (c *pikvCluster) known(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		members, err := c.Client.Members(ctx)
		for _, m := range members {
			if m.Name == name && m.State == "spare" {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until the master knows %s: %w", name, errors.Join(ctx.Err(), err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Do implements Changing.
func (c *pikvCluster) Do(ctx context.Context, event string) (what string, err error) {
	last := c.Workers[len(c.Workers)-1]
	switch event {
	case study.Kill:
		last.Kill()
		return last.Name + " was killed", nil
	case study.Drain:
		_, err := c.Client.Drain(ctx, last.Name)
		return last.Name + " was told to hand over", err
	case study.Wake:
		_, err := c.Client.Activate(ctx, last.Name)
		return last.Name + ", a spare, was activated", err
	case study.Join:
		_, err := c.AddWorker(ctx)
		return fmt.Sprintf("w%d has joined", len(c.Workers)), err
	default:
		return "", fmt.Errorf("have %q happen: there is no such event", event)
	}
}
