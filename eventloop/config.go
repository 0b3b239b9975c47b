package eventloop

import (
	"errors"
	"net/netip"
	"runtime"
	"time"

	"go.uber.org/zap"

	"pikv/socket"
)

// Config bounds a Server. A zero field means the default, see DefaultConfig.
type Config struct {
	// Accept returns the handler of a new connection, on its loop. Nil closes the
	// connection. It may append a greeting. It must be set.
	Accept func(c *Conn) Handler
	// Refuse returns what a connection beyond MaxConns is told before it is
	// closed. It may be nil.
	Refuse func(remote netip.AddrPort) []byte
	// Begin and End enclose the calls of handlers that follow from one wait of a
	// loop, and End comes before it waits again. They may be nil.
	Begin, End func(loop int)

	// Reserve takes n bytes of memory that others share, for copies beyond CopiesHigh,
	// or returns false, and Release gives them back when they are sent or never will be.
	// They are called under locks of this package, and must not wait. Both are nil where
	// there is no such memory.
	Reserve func(n int) bool
	Release func(n int)

	// Loops is how many loops share the connections.
	Loops int
	// MaxConns bounds open connections.
	MaxConns int
	// ReadSize bounds the bytes that a connection gets in one turn, Fill aside,
	// before the others of its loop have theirs.
	ReadSize int
	// MaxPending bounds the bytes that a handler may wait with for more. They are
	// copied for every read: large arguments are better read by Turn.Fill.
	MaxPending int
	// OutputHigh is the number of bytes waiting to be sent on a connection from
	// which on it is full: it is not read until half of them are sent.
	OutputHigh int
	// CopiesHigh is OutputHigh for copies, Turn.Out among them, for which Reserve
	// gives no room: what is lent lies in memory that its owner can count, and they do not.
	CopiesHigh int
	// MaxOutput closes a connection on which more bytes wait when still others are
	// added.
	MaxOutput int
	// WriteTimeout closes a connection whose peer takes no byte for so long
	// while some wait, or less than LeastRate bytes a second. For mostBefore, bytes that
	// it sends and that are read count as if it took them.
	WriteTimeout time.Duration
	LeastRate    int64
	// InputTimeout closes a connection whose peer takes longer to send the rest of
	// what it has begun: see Turn.Part.
	InputTimeout time.Duration
	// Linger is how long a finished connection waits for the peer to close
	// its side, so that the last answers are not lost to a reset.
	Linger time.Duration
	// DeadPeer is the time after which the kernel gives up a peer that has
	// gone without a word.
	DeadPeer time.Duration
	// Log gets panics and failures to accept as errors, and a warning of clients that
	// take too little.
	Log *zap.Logger
	// Portable has goroutines serve the connections also where there is something
	// better.
	Portable bool
}

// DefaultConfig returns the defaults, with the reason for each.
func DefaultConfig() Config {
	return Config{
		Loops:        max(1, runtime.GOMAXPROCS(0)/2), // the kernel's half of the work, and the handlers' goroutines, want processors, too
		MaxConns:     1024,                            // as rpcserver
		ReadSize:     16 << 10,                        // a pipeline of a hundred small commands; stays in the nearest caches
		MaxPending:   64 << 10,                        // copied in a few microseconds
		OutputHigh:   1 << 20,                         // fills a 100 Mbit/s link for 80 ms
		CopiesHigh:   64 << 10,                        // with MaxConns, 64 MiB; the kernel's buffer keeps a link busy meanwhile
		MaxOutput:    256 << 20,                       // several of the largest values
		WriteTimeout: 15 * time.Second,                // longer than any pause of a live peer worth waiting for
		LeastRate:    socket.LeastRate,                // the same at both doors
		InputTimeout: time.Minute,                     // as rpcserver: 64 MiB over 10 Mbit/s of Wi-Fi
		Linger:       time.Second,                     // a live client has read by then what was said last
		DeadPeer:     15 * time.Second,                // as WriteTimeout
		Log:          zap.NewNop(),
	}
}

// mostBefore is for how long a peer may send before it takes what waits for it: with the
// defaults 100 MB over 10 Mbit/s of Wi-Fi come in it. Whoever never reads goes after it, and
// keeps others from the room that its answers take until then.
func (c *Config) mostBefore() time.Duration { return 6 * c.WriteTimeout }

// withDefaults fills the zero fields.
func (c Config) withDefaults() Config {
	d := DefaultConfig()
	fill(&c.Loops, d.Loops)
	fill(&c.MaxConns, d.MaxConns)
	fill(&c.ReadSize, d.ReadSize)
	fill(&c.MaxPending, d.MaxPending)
	fill(&c.OutputHigh, d.OutputHigh)
	fill(&c.CopiesHigh, min(d.CopiesHigh, c.OutputHigh))
	fill(&c.MaxOutput, max(d.MaxOutput, c.OutputHigh))
	fill(&c.WriteTimeout, d.WriteTimeout)
	fill(&c.LeastRate, d.LeastRate)
	fill(&c.InputTimeout, d.InputTimeout)
	fill(&c.Linger, d.Linger)
	fill(&c.DeadPeer, d.DeadPeer)
	fill(&c.Log, d.Log)
	return c
}

// validate reports every problem at once.
func (c Config) validate() error {
	var errs []error
	if c.Accept == nil {
		errs = append(errs, errors.New("set Accept"))
	}
	if (c.Reserve == nil) != (c.Release == nil) {
		errs = append(errs, errors.New("set both Reserve and Release, or neither"))
	}
	if min(c.Loops, c.MaxConns, c.ReadSize, c.MaxPending, c.OutputHigh, c.CopiesHigh) < 0 {
		errs = append(errs, errors.New("set no negative Loops, MaxConns, ReadSize, MaxPending, OutputHigh or CopiesHigh"))
	}
	if c.MaxOutput < c.OutputHigh {
		errs = append(errs, errors.New("set MaxOutput to at least OutputHigh"))
	}
	if c.LeastRate < 0 {
		errs = append(errs, errors.New("set no negative LeastRate"))
	}
	if min(c.WriteTimeout, c.InputTimeout, c.Linger, c.DeadPeer) < 0 {
		errs = append(errs, errors.New("set no negative WriteTimeout, InputTimeout, Linger or DeadPeer"))
	}
	return errors.Join(errs...)
}

// fill sets a zero value to its default.
func fill[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
