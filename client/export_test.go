package client

import "time"

// WithStall changes after how long an attempt that waits has the view renewed.
func WithStall(d time.Duration) Option { return func(c *config) { c.stall = d } }

// WithRenewal changes how often failed attempts have the view renewed.
func WithRenewal(d time.Duration) Option { return func(c *config) { c.renewal = d } }

// SetTimeout changes WithTimeout's bound, while no call is under way: a client that had a
// short one from the start might not come to be.
func (c *Client) SetTimeout(d time.Duration) { c.cfg.timeout = d }

// FirstUnfinished returns the lowest number of a write that may be under way.
func (c *Client) FirstUnfinished() uint64 { return c.window.Finished() }
