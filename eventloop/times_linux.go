package eventloop

import "time"

const (
	shortestTick = 5 * time.Millisecond
	longestTick  = time.Second
)

// tick is how often the times of watched connections are checked.
func (l *loop) tick() time.Duration {
	cfg := &l.engine.server.cfg
	return min(max(min(cfg.WriteTimeout, cfg.Linger)/4, shortestTick), longestTick)
}

// timeout is how many milliseconds the loop may wait for events.
func (l *loop) timeout() int {
	wait := time.Duration(-1)
	if len(l.watched) > 0 {
		wait = l.tick()
	}
	if at := l.listener.resume; !at.IsZero() {
		if d := max(time.Until(at), 0); wait < 0 || d < wait {
			wait = d
		}
	}
	if wait < 0 {
		return -1
	}
	return int((wait + time.Millisecond - 1) / time.Millisecond)
}

// checkTimes does what is due by now.
func (l *loop) checkTimes() {
	if len(l.watched) == 0 && l.listener.resume.IsZero() {
		return
	}
	now := time.Now()
	l.listener.wake(l, now)
	if now.Sub(l.looked) < l.tick() {
		return
	}
	l.looked = now
	for s := range l.watched {
		if !s.overdue(now) {
			delete(l.watched, s)
		}
	}
}
