//go:build !race

package rpcclient

// raceEnabled: the race detector allocates on its own account.
const raceEnabled = false
