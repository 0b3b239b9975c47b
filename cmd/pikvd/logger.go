package main

import (
	"io"
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger writes to w in the form that format names: lines for people, or
// JSON for programs. auto means console if w is a terminal. The level may be one
// that changes later.
func newLogger(w io.Writer, format string, level zapcore.LevelEnabler) *zap.Logger {
	if format == "auto" {
		format = "json"
		if file, ok := w.(*os.File); ok && isTerminal(file) {
			format = "console"
		}
	}
	var encoder zapcore.Encoder
	if format == "console" {
		config := zap.NewDevelopmentEncoderConfig()
		config.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		config.CallerKey = zapcore.OmitKey
		encoder = zapcore.NewConsoleEncoder(config)
	} else {
		config := zap.NewProductionEncoderConfig()
		config.TimeKey = "time"
		config.EncodeTime = zapcore.RFC3339NanoTimeEncoder
		encoder = zapcore.NewJSONEncoder(config)
	}
	// The log itself may fail, on a full disk for one: say so once more on
	// the way that is left.
	sink := zapcore.Lock(zapcore.AddSync(w))
	return zap.New(zapcore.NewCore(encoder, sink, level), zap.ErrorOutput(sink))
}

// isTerminal reports whether file is a device that takes characters. So is
// /dev/null, where it does not matter.
func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// logStart writes what a node was told, for whoever reads the log later.
func logStart(log *zap.Logger, c *config) {
	for _, w := range c.warnings {
		log.Warn(w)
	}
	log.Info("starting",
		zap.String("version", versionText()),
		zap.String("role", string(c.role)),
		zap.String("name", c.name),
		zap.String("cluster", c.cluster),
		zap.String("max_memory", formatSize(c.maxMemory)),
		zap.Strings("join", c.join),
		zap.Bool("gossip_encrypted", c.gossipKey != nil))
}
