package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"pikv/socket"
	"pikv/worker"
)

// The parsers and checks of single values, as the table of options uses them.
// Their errors say what is wrong with the value and what would be right; the
// caller puts the option's name in front.

// setInt parses a whole number; its range is checked with everything else.
func setInt(to *int, v string) (err error) {
	*to, err = strconv.Atoi(v)
	if err != nil {
		return fmt.Errorf("%q is not a whole number", v)
	}
	return nil
}

// setPort parses a port.
func setPort(to *int, v string) error {
	port, err := strconv.ParseUint(v, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is not a port from 0 to 65535", v)
	}
	*to = int(port)
	return nil
}

// setRESPPort parses the port for Redis clients.
func setRESPPort(to *int, v string) error {
	if v == "any" {
		*to = socket.AnyPort
		return nil
	}
	if err := setPort(to, v); err != nil {
		return fmt.Errorf("%w, nor any", err)
	}
	return nil
}

// setDuration parses a time such as 30s or 5m.
func setDuration(to *time.Duration, v string) (err error) {
	*to, err = time.ParseDuration(v)
	if err != nil {
		return fmt.Errorf("%q is not a time such as 30s or 5m", v)
	}
	return nil
}

// setBool parses true or false.
func setBool(to *bool, v string) (err error) {
	*to, err = strconv.ParseBool(v)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", v)
	}
	return nil
}

// setRate parses bytes per second, with or without "/s".
func setRate(to *int64, v string) (err error) {
	switch v {
	case "auto":
		*to = autoMoveRate
	case "none":
		*to = worker.NoMoveLimit
	default:
		*to, err = parseSize(strings.TrimSuffix(v, "/s"))
	}
	return err
}

// oneOf reports a value that is none of the words.
func oneOf(v string, words ...string) error {
	if slices.Contains(words, v) {
		return nil
	}
	last := len(words) - 1
	return errors.New(strconv.Quote(v) + " is not " + strings.Join(words[:last], ", ") + " or " + words[last])
}

// The longest names that gossip takes, in bytes.
const (
	maxName    = 128
	maxCluster = 64
)

// checkName accepts what can stand in a log line, a table and a file name.
func checkName(v string, limit int) error {
	if v == "" || len(v) > limit {
		return fmt.Errorf("%q has not 1 to %d characters", v, limit)
	}
	for _, c := range []byte(v) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("._-", rune(c)) {
			return fmt.Errorf("%q has other characters than letters, digits, dots, dashes and underscores", v)
		}
	}
	return nil
}

// checkIP accepts an address to listen on.
func checkIP(v string) error {
	if _, err := netip.ParseAddr(v); err != nil {
		return fmt.Errorf("%q is not an IP address", v)
	}
	return nil
}

// checkListen accepts an address and a port to listen on.
func checkListen(v string) error {
	if _, err := netip.ParseAddrPort(v); err != nil {
		return fmt.Errorf("%q is not an IP address with a port", v)
	}
	return nil
}

// checkAdvertise accepts an address that others can connect to.
func checkAdvertise(v string) error {
	addr, err := netip.ParseAddr(v)
	if err != nil {
		return fmt.Errorf("%q is not an IP address", v)
	}
	if addr.IsUnspecified() || addr.IsMulticast() {
		return fmt.Errorf("%s is no address that others can connect to", v)
	}
	return nil
}

// checkSeed accepts what membership can look up; that it exists shows later.
func checkSeed(v string) error {
	if v == "" || v == "@" || strings.ContainsAny(v, " \t\n") {
		return fmt.Errorf("%q is neither an address nor @file", v)
	}
	return nil
}
