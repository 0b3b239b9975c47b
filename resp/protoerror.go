package resp

// protocolError is what a client sent that is no command; it is told so, and
// its connection ends.
type protocolError string

// Error implements error, with Redis' words.
func (e protocolError) Error() string { return "Protocol error: " + string(e) }

// The protocol errors.
const (
	errMultibulk    = protocolError("invalid multibulk length")
	errBulk         = protocolError("invalid bulk length")
	errCountLine    = protocolError("too big mbulk count string")
	errBulkLine     = protocolError("too big bulk count string")
	errInline       = protocolError("too big inline request")
	errQuotes       = protocolError("unbalanced quotes in request")
	errStrangerArgs = protocolError("unauthenticated multibulk length")
	errStrangerBulk = protocolError("unauthenticated bulk length")
)
