//go:build race

package worker

// raceEnabled: the race detector allocates on its own account.
const raceEnabled = true
