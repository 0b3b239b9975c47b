package resp

// Errors as clients of Redis are told them, and as Redis words them where it has them:
// a code, a space and a text.
const (
	// ErrNotServed: no copy of the slot's partition can serve. A text may follow.
	ErrNotServed = "CLUSTERDOWN Hash slot not served"
	// ErrManyBytes: the budget has no room for the arguments or the reply now.
	ErrManyBytes = TryAgain + "too many bytes in flight"
	// ErrClosing: the node ends before the command could be done.
	ErrClosing = TryAgain + "the node is shutting down"
	// ErrOutOfMemory: a write finds no room.
	ErrOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'."
	// ErrTooLong: a value would be over the limit.
	ErrTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
)

// What errors of pikv's own begin with; a text follows.
const (
	// TryAgain promises that the command had no effect.
	TryAgain = "TRYAGAIN "
	// UnknownFate: a write was begun, and whether it took effect is not known.
	UnknownFate = "UNKNOWNFATE "
)

// Errors of more than one command, which commands alone answer with.
const (
	errSyntax     = "ERR syntax error"                                                                                         // an option that there is not, or twice
	errNotInteger = "ERR value is not an integer or out of range"                                                              // an argument, or what a key holds
	errNoAuth     = "NOAUTH Authentication required."                                                                          // before AUTH
	errCrossSlot  = "CROSSSLOT Keys in request don't hash to the same slot"                                                    // keys that no one partition has
	errManyKeys   = "ERR too many keys in one command: 4096 can change at once, give several commands"                         // changeKeys
	errManyReads  = "ERR too many keys in one command: 32768 can be read at once, give several commands"                       // readKeys
	errNoKey      = "ERR no such key"                                                                                          // where a key that is not there is an error
	errPattern    = "ERR the pattern takes too long to compare: give fewer *"                                                  // KEYS, SCAN
	errName       = "ERR Client names cannot contain spaces, newlines or special characters."                                  // CLIENT SETNAME, HELLO
	errNotInTime  = TryAgain + "not all partitions could be read in time: one is being handed over, or a node does not answer" // KEYS and its like
	errPanic      = "ERR internal error: see the node's log"                                                                   // the command's code failed
)

// errArity is for the wrong number of arguments.
func errArity(command string) string {
	return "ERR wrong number of arguments for '" + command + "' command"
}
