package client

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"pikv/rpcclient"
	"pikv/rpcconn"
	"pikv/wire"
)

// Option changes one of New's defaults.
type Option func(*config)

// config is what the options fill in.
type config struct {
	proxy   bool
	timeout time.Duration    // per call
	stall   time.Duration    // an attempt that waits so long has the view renewed
	look    time.Duration    // between looks at the cached view while an attempt waits
	renewal time.Duration    // between renewals of the view that failed attempts prompt
	dial    time.Duration    // a connection is given up after that
	dead    time.Duration    // without an acknowledgement from the other machine, its connection is given up
	dialer  rpcclient.Dialer // nil: TCP
	bursts  *rpcconn.Bursts  // nil: none
	log     *zap.Logger
}

// defaults are the values that no option changed.
func defaults() config {
	return config{
		timeout: 10 * time.Second,       // longer than any failover that the cluster promises
		stall:   500 * time.Millisecond, // docs/PROTOCOL.md, timing
		look:    50 * time.Millisecond,  // little beside the second that a take-over takes
		renewal: 25 * time.Millisecond,  // many callers that fail together ask 40 times a second, not each
		dial:    500 * time.Millisecond, // as stall; a lost first packet is sent again by the next attempt
		dead:    3 * time.Second,        // what TCP would send again only after a pause that doubles is asked on a new connection
		log:     zap.NewNop(),
	}
}

// validate reports what the options got wrong.
func (c config) validate() error {
	var errs []error
	if c.timeout <= 0 {
		errs = append(errs, fmt.Errorf("client: timeout %v is not positive", c.timeout))
	}
	if c.dial <= 0 {
		errs = append(errs, fmt.Errorf("client: dial timeout %v is not positive", c.dial))
	}
	return errors.Join(errs...)
}

// WithProxy sends every request to the master, which passes it on to the
// owner: twice the hops and one bottleneck, kept to measure the difference.
func WithProxy() Option { return func(c *config) { c.proxy = true } }

// WithTimeout bounds each call, retries included. The default is 10 s. A
// context with an earlier deadline wins.
func WithTimeout(d time.Duration) Option { return func(c *config) { c.timeout = d } }

// WithDialTimeout bounds the making of each connection. The default is 500 ms,
// so that a node whose cable was cut is given up soon; a network that takes
// longer than that for an answer, or a dialer that does, needs more.
func WithDialTimeout(d time.Duration) Option { return func(c *config) { c.dial = d } }

// WithDialer replaces the TCP dialer, for tests and tunnels.
func WithDialer(d rpcclient.Dialer) Option { return func(c *config) { c.dialer = d } }

// WithBursts lets what a Relay passes on leave with what else a node sends: for
// proxies.
func WithBursts(b *rpcconn.Bursts) Option { return func(c *config) { c.bursts = b } }

// WithLogger logs what the client does behind a call's back (views fetched,
// seeds that do not answer), at debug level. The default logs nothing.
func WithLogger(l *zap.Logger) Option {
	return func(c *config) {
		if l != nil {
			c.log = l
		}
	}
}

// PutOption changes one write.
type PutOption func(*wire.Options)

// TTL lets the key expire d after the write arrives at its owner. It counts
// in milliseconds; a fraction is rounded up. Zero means that the key does not expire;
// a negative d is refused.
func TTL(d time.Duration) PutOption {
	return func(o *wire.Options) {
		if rest := d % time.Millisecond; rest > 0 {
			d += time.Millisecond - rest
		}
		o.TTL = d
	}
}

// IfAbsent lets the write take effect only if there is no such key;
// otherwise the error matches ErrConditionFailed.
func IfAbsent() PutOption {
	return func(o *wire.Options) { o.If = wire.IfAbsent }
}

// IfPresent lets the write take effect only if the key exists.
func IfPresent() PutOption {
	return func(o *wire.Options) { o.If = wire.IfPresent }
}

// IfVersion lets the write take effect only if the key has this version
// (GetVersion, or what Put returned); 0 is that of a key that does not exist.
func IfVersion(version uint64) PutOption {
	return func(o *wire.Options) { o.If, o.Version = wire.IfVersion, version }
}

// Forward sends the write with the time to live, the condition and the name
// that it came with: for proxies, through which a client's retries must stay
// the same write.
func Forward(came wire.Options) PutOption {
	return func(o *wire.Options) {
		*o = came
		o.Epoch = 0 // that is between this client and the owner
	}
}

// writeOptions folds opts into what travels with the write.
func writeOptions(opts []PutOption) (wire.Options, error) {
	if len(opts) == 0 {
		return wire.Options{}, nil
	}
	var o wire.Options // the options make it escape
	for _, opt := range opts {
		opt(&o)
	}
	if o.TTL < 0 {
		return o, wire.Errorf(wire.CodeBadRequest, "the TTL %v is negative", o.TTL)
	}
	return o, nil
}
