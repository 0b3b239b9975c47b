package resp

import (
	"time"

	"go.uber.org/zap"
)

// speaksHTTP reports whether a command's name is what a request of HTTP begins with, or its
// lines do, as far as a web page can choose what follows. Such a page makes the browser of
// whoever looks at it send a body to a port that only that machine may reach, and lines of
// the body would be commands.
func speaksHTTP(name []byte) bool {
	if len(name) > longestName {
		return false
	}
	word := clip(name, longestName) // C's strings, which Redis compares, end with a NUL
	return equalFold([]byte(word), "post") || equalFold([]byte(word), "host:")
}

// warnEach is how often at most the log tells of such clients.
const warnEach = time.Minute

// cutOff ends the connection of a client that speaks HTTP, as Redis does: it is told
// nothing, and what else has come of it is not looked at. Commands before that are answered,
// whose effect may be there: Redis forgets the answers that it has not sent yet.
func (c *conn) cutOff() {
	s := c.server
	now := time.Since(s.started) + warnEach // above 0
	if last := s.warned.Load(); (last == 0 || int64(now)-last >= int64(warnEach)) && s.warned.CompareAndSwap(last, int64(now)) {
		s.cfg.Log.Warn("a client sent HTTP to the port for Redis clients: it may be a web page that has a browser attack it; the connection was closed",
			zap.Stringer("remote", c.link.RemoteAddr()))
	}
	c.finish()
}
