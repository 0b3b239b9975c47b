package main

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

func TestLogFormats(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(&out, "auto", zap.InfoLevel)
	log.Debug("unseen")
	log.Info("seen", zap.Int("epoch", 7))
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line), "auto is JSON where no terminal is")
	require.Equal(t, "seen", line["msg"])
	require.Equal(t, "info", line["level"])
	require.EqualValues(t, 7, line["epoch"])

	out.Reset()
	newLogger(&out, "console", zap.InfoLevel).Info("seen", zap.Int("epoch", 7))
	require.Regexp(t, `INFO\s+seen\s+{"epoch": 7}`, out.String())
}

func TestAPipeIsNoTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	require.False(t, isTerminal(w))
}
