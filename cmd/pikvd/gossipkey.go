package main

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// readGossipKey reads the cluster's secret, an AES key in base64. The warning,
// if any, is for the log.
func readGossipKey(file string) (key []byte, warning string, err error) {
	text, warning, err := readSecret(file, "gossip key")
	if err != nil {
		return nil, "", err
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
	return key, warning, nil
}
