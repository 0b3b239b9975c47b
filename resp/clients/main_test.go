package clients

import (
	"flag"
	"os"
	"testing"

	"pikv/testcluster/leaks"
)

// With -short there is nothing here: a cluster is started for each test, and what is
// concurrent in it has tests of its own.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(0)
	}
	leaks.Main(m)
}
