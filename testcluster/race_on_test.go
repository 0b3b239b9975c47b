//go:build race

package testcluster_test

// raceEnabled: everything takes several times as long.
const raceEnabled = true
