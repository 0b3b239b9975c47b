package master

import (
	"context"
	"errors"
	"fmt"
)

// Close stops the master and waits for everything that it started. It lets
// calls in flight finish and tells the others that it leaves, until ctx ends.
// Safe to call twice, and before Start.
func (m *Master) Close(ctx context.Context) error { return m.end(ctx, true) }

// Abort stops as kill -9 would, as far as others can tell: no call is answered
// any more, nobody is told, nothing is written. It waits for everything that
// Start began.
func (m *Master) Abort() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = m.end(ctx, false) // cutting calls short is what was asked for
}

// end interrupts a Start under way and stops.
func (m *Master) end(ctx context.Context, politely bool) error {
	m.mu.Lock()
	if !m.mu.started { // and never will be
		m.mu.started = true
		m.mu.Unlock()
		return nil
	}
	running, begun := m.mu.running, m.mu.begun
	m.mu.Unlock()
	if begun == nil {
		return nil
	}
	if !m.hasBegun() {
		running()
		<-begun
	}
	return m.stop(ctx, politely)
}

// stop ends what Start began, in the order in which others notice least; only
// the first call counts. What comes later in the list is used by what comes
// before.
func (m *Master) stop(ctx context.Context, politely bool) error {
	m.stopOnce.Do(func() { m.stopErr = m.stopAll(ctx, politely) })
	return m.stopErr
}

func (m *Master) stopAll(ctx context.Context, politely bool) error {
	var errs []error
	note := func(what string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", what, err))
		}
	}
	// Nobody is sent here any more.
	if m.responder != nil {
		m.responder.Close()
	}
	// 1. The front doors: new calls are refused, those in flight finish, long
	// polls end. Askers go on with the view that they have.
	if m.redis != nil {
		note("close the door for Redis clients", m.redis.Close(ctx))
	} else if m.redisListener != nil {
		note("close the port for Redis clients", m.redisListener.Close())
	}
	if m.server != nil {
		note("close the RPC server", m.server.Close(ctx))
	} else if m.listener != nil {
		note("close the RPC port", m.listener.Close())
	}
	if m.front != nil {
		if cl := m.front.proxy.Load(); cl != nil {
			note("close the proxy's client", cl.Close())
		}
	}
	// 2. The loop: no changes of the master's own any more.
	m.mu.running()
	m.tasks.Wait()
	// 3. The gossip, so that the others need not find out.
	if m.gossip != nil {
		if politely {
			note("leave the gossip", m.gossip.Leave(ctx))
		}
		note("close the gossip", m.gossip.Close())
	}
	// 4. The register, after all that could still ask it.
	if m.register != nil {
		m.register.close()
	}
	if m.file != nil {
		note("close the view's file", m.file.close())
	}
	// 5. The data directory may have another master.
	if m.lock != nil {
		note("unlock the data directory", m.lock.release())
	}
	return errors.Join(errs...)
}
