package inspect

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started returns a server that answers, and a client that leaves nothing open.
func started(t *testing.T) (*Server, *http.Client) {
	t.Helper()
	s := New("127.0.0.1:0", zaptest.NewLogger(t))
	require.NoError(t, s.Start(t.Context()))
	t.Cleanup(s.Close)
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	return s, c
}

func get(t *testing.T, c *http.Client, url string) (status int, body []byte) {
	t.Helper()
	r, err := c.Get(url)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err = io.ReadAll(r.Body)
	require.NoError(t, err)
	return r.StatusCode, body
}

func TestMetricsAndProfiles(t *testing.T) {
	s, c := started(t)
	base := "http://" + s.Addr()
	status, body := get(t, c, base+"/debug/metrics")
	require.Equal(t, http.StatusOK, status)
	var m Metrics
	require.NoError(t, json.Unmarshal(body, &m))
	require.Contains(t, m.Numbers, "/gc/cycles/total:gc-cycles")
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/goroutine?debug=1", "/debug/pprof/heap"} {
		status, body = get(t, c, base+path)
		require.Equal(t, http.StatusOK, status, path)
		require.NotEmpty(t, body, path)
	}
	for _, path := range []string{"/", "/debug", "/debug/vars"} {
		status, _ = get(t, c, base+path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
	r, err := c.Post(base+"/debug/metrics", "", nil)
	require.NoError(t, err)
	r.Body.Close()
	require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
}

// TestCloseCutsAProfileShort: the node that ends does not wait for it.
func TestCloseCutsAProfileShort(t *testing.T) {
	s, c := started(t)
	failed := make(chan error, 1)
	go func() {
		r, err := c.Get("http://" + s.Addr() + "/debug/pprof/trace?seconds=60")
		if err == nil {
			_, err = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		failed <- err
	}()
	other := &http.Client{Transport: &http.Transport{}}
	defer other.CloseIdleConnections()
	require.Eventually(t, func() bool {
		_, goroutines := get(t, other, "http://"+s.Addr()+"/debug/pprof/goroutine?debug=2")
		return strings.Contains(string(goroutines), "pprof.Trace(")
	}, 10*time.Second, 10*time.Millisecond)
	begin := time.Now()
	s.Close()
	require.Less(t, time.Since(begin), 30*time.Second)
	require.Error(t, <-failed)
	s.Close()
}

func TestAnAddressThatCannotBe(t *testing.T) {
	s, _ := started(t)
	taken := New(s.Addr(), zap.NewNop())
	require.ErrorContains(t, taken.Start(t.Context()), "listen for --debug-addr")
	taken.Close()
}
