package main

import (
	"time"

	"go.uber.org/zap/zapcore"

	"pikv/autoscale"
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
	respPort        int // 0: none; socket.AnyPort: any free one
	join            []string
	discover        bool
	gossipKeyFile   string
	gossipKey       []byte // what the file holds, nil for none
	requirepassFile string
	usersFile       string
	users           map[string]password // of Redis clients, from those files; nil: nobody logs in
	respProxy       bool
	profile         membership.Profile
	dataDir         string
	partitions      int
	replicas        int
	onLoss          string
	recover         bool
	maxMemory       int64  // bytes
	eviction        string // of worker.Config
	maxValue        int64  // bytes
	maxConns        int
	moveRate        int64 // bytes per second, autoMoveRate or worker.NoMoveLimit
	spare           bool
	scaling         autoscale.Policy
	settle          time.Duration // no option sets it: 0 is the master's default, dev is in a hurry
	birthWorkers    int           // no option sets it: dev knows how many will come
	debugAddr       string        // IP:port, "" for none
	logLevel        zapcore.Level
	logFormat       string
	// warnings are what is allowed and still worth a word, for the log.
	warnings []string
}

// unset stands in for a number of bytes that nobody has said, until fill finds it.
const unset = -1

// autoMoveRate has the worker find out what its network takes. It is 0, also as
// an option: a rate of nothing would be the end of all repair.
const autoMoveRate = 0
