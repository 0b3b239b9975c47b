//go:build race

package rpcserver_test

// raceEnabled: the race detector allocates on its own account.
const raceEnabled = true
