//go:build race

package main

// raceEnabled: the race detector needs memory of its own.
const raceEnabled = true
