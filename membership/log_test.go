package membership

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestParseLine(t *testing.T) {
	for line, want := range map[string]struct {
		level      zapcore.Level
		text, from string
	}{
		"[DEBUG] memberlist: Stream connection from=127.0.0.1:5\n": {zapcore.DebugLevel, "Stream connection", "127.0.0.1:5"},
		"[INFO] memberlist: Suspect b has failed\n":                {zapcore.DebugLevel, "Suspect b has failed", ""},
		"[WARN] memberlist: Refuting a suspect message (from: b)":  {zapcore.WarnLevel, "Refuting a suspect message (from: b)", ""},
		"[ERR] memberlist: bad label \"x\": from=10.0.0.1:9":       {zapcore.WarnLevel, "bad label \"x\"", "10.0.0.1:9"},
		"[ERR] Failed to shutdown transport: x":                    {zapcore.WarnLevel, "Failed to shutdown transport: x", ""},
		"Err: Could not set the deadline: x":                       {zapcore.WarnLevel, "Err: Could not set the deadline: x", ""},
		"[":                                                        {zapcore.WarnLevel, "[", ""},
		"":                                                         {zapcore.WarnLevel, "", ""},
	} {
		level, text, from := parseLine(line)
		require.Equal(t, want.level, level, line)
		require.Equal(t, want.text, text, line)
		require.Equal(t, want.from, from, line)
	}
}

func TestLogWriterDoesNotRepeatItself(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	w := newLogWriter(zap.New(core))
	now := time.Unix(0, 0)
	w.now = func() time.Time { return now }
	l := w.logger()
	for i := range 10 {
		l.Printf("[ERR] memberlist: bad label from=127.0.0.1:%d", i)
		l.Printf("[DEBUG] memberlist: detail")
	}
	require.Equal(t, 1, logs.FilterMessage("bad label").Len())
	require.Equal(t, 10, logs.FilterMessage("detail").Len())
	now = now.Add(quiet)
	l.Printf("[ERR] memberlist: bad label from=127.0.0.1:11")
	require.Equal(t, 2, logs.FilterMessage("bad label").Len())
	w.close()
	l.Printf("[ERR] memberlist: after the end")
	require.Zero(t, logs.FilterMessage("after the end").Len())
}

// A straggler of memberlist may be in the middle of a line when the log is closed:
// close waits for it, and what it writes to may be gone after that.
func TestClosingTheLogWaitsForALine(t *testing.T) {
	var w *logWriter
	written := 0
	core, _ := observer.New(zap.DebugLevel)
	w = newLogWriter(zap.New(core, zap.Hooks(func(zapcore.Entry) error {
		written++
		if w.mu.TryLock() {
			w.mu.Unlock()
			t.Error("close would not wait")
		}
		return nil
	})))
	w.logger().Print("[ERR] memberlist: a line")
	require.Equal(t, 1, written)
}

func TestPaceIsBounded(t *testing.T) {
	p := newPace(time.Minute)
	now := time.Unix(0, 0)
	for i := range 2 * maxPaced {
		require.Equal(t, i < maxPaced, p.due(fmt.Sprint(i), now))
	}
	require.Len(t, p.last, maxPaced)
	now = now.Add(time.Minute)
	require.True(t, p.due("new", now))
	require.Len(t, p.last, 1)
}
