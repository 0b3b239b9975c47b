package resp

import (
	"crypto/sha256"
	"time"

	"go.uber.org/zap"

	"pikv/wire"
)

// Config is what a Server is made of. Keyspace, Cluster and Clock must be set.
type Config struct {
	Keyspace Keyspace
	Cluster  Cluster
	Clock    func() int64 // read when commands have arrived; see Call.Arrived
	ID       string       // of a node that is no worker: 40 hexadecimal digits
	// Expect is told the keys that a connection's next commands are about, when there are
	// several: a hint, which may be wrong. The keys are valid until it returns. It may be
	// nil.
	Expect func(keys [][]byte)
	// Bursts let what a turn produces leave together with what else the node
	// sends; nil: it leaves by itself.
	Bursts   Bursts
	Users    map[string][sha256.Size]byte // the SHA-256 of each user's password; none: nobody is asked who they are
	Limits   wire.Limits                  // of keys and values
	MaxConns int                          // 0 is eventloop's default
	// Remote says that the Keyspace asks other nodes. A command then runs only when
	// all before it on its connection are answered, since nobody else keeps their
	// order, Page may block, and the keys of a command may be in different slots.
	Remote bool
	// Budget bounds the bytes of large commands and replies over all
	// connections. It may be shared; nil has no end.
	Budget *wire.Budget
	// WriteTimeout closes a connection whose peer takes no byte of its replies
	// for so long; 0 is eventloop's default.
	WriteTimeout time.Duration
	// InputTimeout closes a connection whose peer does not send the rest of a command
	// for so long; 0 is eventloop's default.
	InputTimeout time.Duration
	Log          *zap.Logger
}
