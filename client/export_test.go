package client

import "time"

// WithStall changes after how long an attempt that waits has the view renewed.
func WithStall(d time.Duration) Option { return func(c *config) { c.stall = d } }

// Unfinished returns how many writes may be under way: those named and not
// finished.
func (c *Client) Unfinished() (first uint64) { return c.window.Finished() }
