package main

import (
	"flag"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pikv/client"
	"pikv/testcluster"
)

var reportFile = flag.String("report", "", "file for the figure's section")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// figureCluster starts a cluster on hosts of their own, or skips: a figure takes
// minutes and is no test of anything.
func figureCluster(t *testing.T, o testcluster.Options) *testcluster.Cluster {
	t.Helper()
	if *reportFile == "" {
		t.Skip("measures a figure for `make bench`")
	}
	o.Mode, o.Logs, o.Patience = testcluster.Namespaces, t.TempDir(), 5*time.Minute
	return testcluster.Start(t, o)
}

// report writes the figure's section, and what it measured beside it.
func report(t *testing.T, s *sheet) {
	t.Helper()
	if err := os.WriteFile(*reportFile, []byte(s.text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.data.writeFile(*reportFile + measuredSuffix); err != nil {
		t.Fatal(err)
	}
}

// clientsOf makes some clients, as programs side by side.
func clientsOf(c *testcluster.Cluster, n int) []*client.Client {
	clients := make([]*client.Client, n)
	for i := range clients {
		clients[i] = c.Client()
	}
	return clients
}
