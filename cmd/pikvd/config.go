package main

import (
	"time"

	"go.uber.org/zap/zapcore"

	"pikv/membership"
)

// config is one node's settings, parsed. The table of options says where each
// comes from and what it is when nobody says.
type config struct {
	role            membership.Role
	name            string
	cluster         string
	bind, advertise string
	rpcPort         int // 0: any free one
	gossipPort      int // 0: any free one
	join            []string
	gossipKeyFile   string
	gossipKey       []byte // what the file holds, nil for none
	profile         membership.Profile
	dataDir         string
	partitions      int
	recover         bool
	maxMemory       int64 // bytes
	maxValue        int64 // bytes
	maxConns        int
	moveRate        int64         // bytes per second, 0 without limit
	settle          time.Duration // no option sets it: 0 is the master's default, dev is in a hurry
	logLevel        zapcore.Level
	logFormat       string
	// warnings are what is allowed and still worth a word, for the log.
	warnings []string
}

// What stands in for a number of bytes until fill finds it.
const (
	unset        = -1 // nobody has said
	autoMoveRate = -1 // half of the link
)
