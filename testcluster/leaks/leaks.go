// Package leaks is the TestMain of packages whose tests have gossip under way.
package leaks

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a goroutine may take to end when the tests are over. Gossip's
// last probe may outlive its Close by one stretched probe interval, for which goleak
// alone does not wait.
const patience = 5 * time.Second

// Main runs the tests, and fails if they leave goroutines behind. It does not return.
func Main(m *testing.M) {
	code := m.Run()
	if err := find(time.Now().Add(patience)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// find looks for goroutines that are still there at a time. It looks once at least,
// though looking may take longer than that.
func find(until time.Time) error {
	for {
		if leak := goleak.Find(); leak == nil || time.Now().After(until) {
			return leak
		}
	}
}
