package main

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// readGossipKey reads the cluster's secret, an AES key in base64. The warning,
// if any, is for the log: others can read the file.
func readGossipKey(file string) (key []byte, warning string, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, "", fmt.Errorf("read the key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, "", fmt.Errorf("%s is not a file", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, "", fmt.Errorf("read the key: %w", err)
	}
	key, err = base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, "", fmt.Errorf("%s holds no base64; `head -c 32 /dev/urandom | base64` makes a key", file)
	}
	switch len(key) {
	case 16, 24, 32:
	default:
		return nil, "", fmt.Errorf("%s holds a key of %d bytes; it must have 16, 24 or 32", file, len(key))
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		warning = fmt.Sprintf("others can read the gossip key: %s has mode %v, and %v is enough", file, mode, fs.FileMode(0o600))
	}
	return key, warning, nil
}
