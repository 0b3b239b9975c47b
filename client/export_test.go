package client

import "time"

// WithStall changes after how long an attempt that waits has the view renewed.
func WithStall(d time.Duration) Option { return func(c *config) { c.stall = d } }

// WithRenewal changes how often failed attempts have the view renewed.
func WithRenewal(d time.Duration) Option { return func(c *config) { c.renewal = d } }

// FirstUnfinished returns the lowest number of a write that may be under way.
func (c *Client) FirstUnfinished() uint64 { return c.window.Finished() }
