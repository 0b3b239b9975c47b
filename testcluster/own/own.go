// Package own gives each test a cluster name of its own. Gossip dials lost addresses
// for as long as it runs, and a port that one test freed may be another's by then, in
// another process even: clusters of one name would become one.
package own

import (
	"fmt"
	"hash/fnv"
	"os"
	"testing"
)

// Cluster returns the name of the test's clusters: always the same, so that those of
// one test can meet, and no other test's, whichever process that runs in.
func Cluster(t testing.TB) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(t.Name())) // it never fails
	return fmt.Sprintf("test-%d-%x", os.Getpid(), h.Sum64())
}
