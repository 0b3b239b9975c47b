package membership

import (
	"log"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// quiet is how long the same complaint is not repeated.
const quiet = 30 * time.Second

// logWriter translates memberlist's log lines. memberlist is noisy and calls
// an error what a cluster meets daily (a peer is away, a stranger knocks), so:
// [DEBUG] and [INFO] become debug, everything else a warning, which is not
// repeated within 30 s. What matters (who came, who went, who cannot be
// reached) the package logs itself. Safe for concurrent use.
type logWriter struct {
	log  *zap.Logger
	now  func() time.Time
	pace pace

	mu     sync.Mutex
	closed bool // guarded by mu: stragglers of memberlist may write after Close
}

func newLogWriter(l *zap.Logger) *logWriter {
	return &logWriter{log: l, now: time.Now, pace: newPace(quiet)}
}

// logger returns the logger to give to memberlist.
func (w *logWriter) logger() *log.Logger { return log.New(w, "", 0) }

// Write takes one line.
func (w *logWriter) Write(line []byte) (int, error) {
	level, text, from := parseLine(string(line))
	w.mu.Lock()
	defer w.mu.Unlock() // to the end: no line is written once close has returned
	if w.closed || level >= zapcore.WarnLevel && !w.pace.due(text, w.now()) {
		return len(line), nil
	}
	if ce := w.log.Check(level, text); ce != nil {
		if from != "" {
			ce.Write(zap.String("from", from))
		} else {
			ce.Write()
		}
	}
	return len(line), nil
}

// close drops all later lines.
func (w *logWriter) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// parseLine takes "[LEVEL] memberlist: text from=address" apart. The address
// has a port that is another every time; without it repetitions can be seen.
func parseLine(line string) (level zapcore.Level, text, from string) {
	text = strings.TrimSpace(line)
	level = zapcore.WarnLevel
	if tag, rest, ok := strings.Cut(text, "] "); ok && strings.HasPrefix(tag, "[") {
		text = rest
		if tag == "[DEBUG" || tag == "[INFO" {
			level = zapcore.DebugLevel
		}
	}
	text = strings.TrimPrefix(text, "memberlist: ")
	if before, after, ok := strings.Cut(text, " from="); ok && !strings.Contains(after, " ") {
		text, from = before, after
	}
	return level, strings.TrimSuffix(text, ":"), from
}

// pace lets each text through at most once in its interval. Not safe for
// concurrent use.
type pace struct {
	every time.Duration
	last  map[string]time.Time
}

// maxPaced bounds the remembered texts, which strangers can make up.
const maxPaced = 128

func newPace(every time.Duration) pace {
	return pace{every: every, last: make(map[string]time.Time)}
}

func (p pace) due(text string, now time.Time) bool {
	if last, ok := p.last[text]; ok && now.Sub(last) < p.every {
		return false
	}
	if len(p.last) >= maxPaced {
		for t, last := range p.last {
			if now.Sub(last) >= p.every {
				delete(p.last, t)
			}
		}
	}
	if len(p.last) >= maxPaced {
		return false // a flood of different texts: enough said
	}
	p.last[text] = now
	return true
}
