package eventloop

import "time"

const (
	shortestTick = 5 * time.Millisecond
	longestTick  = time.Second
)

// tick is how often the times of connections that have some are looked at.
func (c *Config) tick() time.Duration {
	return min(max(min(c.WriteTimeout, c.InputTimeout, c.Linger)/4, shortestTick), longestTick)
}
