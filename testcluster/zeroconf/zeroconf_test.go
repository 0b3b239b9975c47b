// Package zeroconf tests that nodes which are told no address find their cluster: as
// processes, with as few flags as users type, on hosts of their own. It has tests only.
package zeroconf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"pikv/testcluster/netns"
	"pikv/testcluster/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is how long tests wait for what must happen: far beyond what it takes.
const soon = 30 * time.Second

// home is a network, with both binaries.
type home struct {
	t     *testing.T
	lab   *netns.Lab
	pikvd string
	pikv  string
}

func newHome(t *testing.T) *home {
	t.Helper()
	h := &home{t: t, lab: netns.New(t)}
	dir := t.TempDir()
	out, err := exec.Command("go", "build", "-o", dir+"/", "pikv/cmd/pikvd", "pikv/cmd/pikv").CombinedOutput()
	require.NoError(t, err, "%s", out)
	h.pikvd, h.pikv = filepath.Join(dir, "pikvd"), filepath.Join(dir, "pikv")
	return h
}

// journal is what a process logs; it may be read while that writes.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// start runs `pikvd start` with the flags on the host.
func (h *home) start(on *netns.Host, flags ...string) (*process.Process, *journal) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), soon)
	defer cancel()
	log := new(journal)
	p, err := process.Start(ctx, process.Options{
		Command: on.Inside(append([]string{h.pikvd, "start", "--name", on.Name, "--max-memory", "64MiB"}, flags...)...), Log: log,
	})
	require.NoError(h.t, err)
	h.t.Cleanup(p.Kill)
	return p, log
}

// master runs a master with no flag but its role, and those that are given.
func (h *home) master(on *netns.Host, flags ...string) (*process.Process, *journal) {
	h.t.Helper()
	return h.start(on, append([]string{"--role", "master", "--data-dir", h.t.TempDir()}, flags...)...)
}

// worker runs a worker.
func (h *home) worker(on *netns.Host, flags ...string) (*process.Process, *journal) {
	h.t.Helper()
	return h.start(on, append([]string{"--role", "worker"}, flags...)...)
}

// say runs pikv on a host.
func (h *home) say(on *netns.Host, words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(h.t.Context(), soon)
	defer cancel()
	out, err := on.Command(ctx, h.pikv, words...).CombinedOutput()
	return string(out), err
}

// answers runs pikv on a host until it prints the texts, and fails or does not, as is
// wanted: a question is one packet, and a busy machine may answer too late.
func (h *home) answers(on *netns.Host, ok bool, texts []string, words ...string) string {
	h.t.Helper()
	var out string
	h.eventually(strings.Join(words, " "), func() (err error) {
		out, err = h.say(on, words...)
		switch {
		case ok && err != nil:
			return fmt.Errorf("%w: %s", err, out)
		case !ok && err == nil:
			return fmt.Errorf("it did not fail: %s", out)
		}
		for _, text := range texts {
			if !strings.Contains(out, text) {
				return fmt.Errorf("it does not say %q: %s", text, out)
			}
		}
		return nil
	})
	return out
}

// eventually polls until f returns nil.
func (h *home) eventually(what string, f func() error) {
	h.t.Helper()
	deadline := time.Now().Add(soon)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// says waits until a log or an output has a text.
func (h *home) says(log fmt.Stringer, text string) {
	h.t.Helper()
	h.eventually("the log says "+text, func() error {
		if !strings.Contains(log.String(), text) {
			return errors.New(log.String())
		}
		return nil
	})
}

// TestNetnsWorkersWithoutAFlagServe, whoever is started first; and a client that is
// told nothing finds them.
func TestNetnsWorkersWithoutAFlagServe(t *testing.T) {
	h := newHome(t)
	early, log := h.worker(h.lab.Host("early"))
	h.says(log, "nobody answers for")
	m, _ := h.master(h.lab.Host("m"))
	_, late := h.worker(h.lab.Host("late"))
	h.says(log, "found the cluster by multicast DNS")
	h.says(late, "found the cluster by multicast DNS")

	guest := h.lab.Host("guest")
	h.answers(guest, true, nil, "put", "greeting", "good morning")
	h.answers(guest, true, nil, "wait", "--synced")

	// The master goes, and a worker answers the guest.
	m.Kill()
	require.Equal(t, "good morning", strings.TrimSpace(h.answers(guest, true, nil, "get", "greeting")))

	// A worker that starts while the master is away finds the others, and the master
	// when it comes back, though at another address.
	_, third := h.worker(h.lab.Host("third"))
	h.says(third, `"worker":"`)
	early.Kill()
}

// TestNetnsClustersAreToldApart by their names.
func TestNetnsClustersAreToldApart(t *testing.T) {
	h := newHome(t)
	h.master(h.lab.Host("m1"), "--cluster", "attic")
	h.master(h.lab.Host("m2"), "--cluster", "lab")
	_, lost := h.worker(h.lab.Host("w0"))
	h.says(lost, `nobody answers for \"pikv\", but there is \"attic\" (master m1 at `)
	_, found := h.worker(h.lab.Host("w1"), "--cluster", "lab")
	h.says(found, `"master":"m2"`)

	guest := h.lab.Host("guest")
	h.answers(guest, false, []string{`several clusters answer: "attic" (master m1 at `, "give --cluster NAME"}, "members")
	h.answers(guest, true, []string{"w1"}, "members", "--cluster", "lab")
	h.answers(guest, false, []string{`nobody answers for "cellar"`}, "members", "--cluster", "cellar")
}

// TestNetnsTwoMastersOfOneName: a worker takes neither, and says why.
func TestNetnsTwoMastersOfOneName(t *testing.T) {
	h := newHome(t)
	a, b := h.lab.Host("a"), h.lab.Host("b")
	h.master(a)
	second, _ := h.master(b)
	_, log := h.worker(h.lab.Host("w"))
	h.says(log, "several masters of one cluster answer: master a at "+a.Addr+", master b at "+b.Addr)
	require.NotContains(t, log.String(), "found the cluster")
	second.Kill()
	h.says(log, `"master":"a"`)
}

// TestNetnsSeedsWin, and off is off.
func TestNetnsSeedsWin(t *testing.T) {
	h := newHome(t)
	a, b := h.lab.Host("a"), h.lab.Host("b")
	h.master(a)
	h.master(b, "--discover", "off")
	guest := h.lab.Host("guest")
	_, log := h.worker(h.lab.Host("w"), "--join", b.Addr)
	h.answers(guest, true, []string{"w "}, "members", "--seeds", b.Addr)
	require.NotContains(t, log.String(), "found the cluster")
	out := h.answers(guest, true, []string{a.Addr}, "members")
	require.NotContains(t, out, b.Addr+":7700", "who does not answer")

	// On its own host a node needs no question: it listens on loopback.
	h.answers(b, true, []string{b.Addr + ":7700"}, "members")
}

// TestNetnsHostsWithoutARoute ask and answer all the same: Pis on a switch without a
// router have none.
func TestNetnsHostsWithoutARoute(t *testing.T) {
	h := newHome(t)
	m, w, guest := h.lab.Host("m"), h.lab.Host("w"), h.lab.Host("guest")
	for _, host := range []*netns.Host{m, w, guest} {
		require.NoError(t, host.Command(t.Context(), "ip", "route", "del", "default").Run())
	}
	h.master(m)
	_, log := h.worker(w)
	h.says(log, `"master":"m"`)
	h.answers(guest, true, []string{m.Addr + ":7700"}, "members")
}

// TestNetnsTwoHomesOfOneName: the master of one is away, and its worker still answers. A
// worker that cannot know which is meant joins none.
func TestNetnsTwoHomesOfOneName(t *testing.T) {
	h := newHome(t)
	a, b, wa := h.lab.Host("a"), h.lab.Host("b"), h.lab.Host("wa")
	ours, _ := h.master(a)
	_, first := h.worker(wa)
	h.says(first, `"master":"a"`)
	h.answers(wa, true, nil, "put", "greeting", "good morning") // so it has a table to follow
	ours.Kill()
	h.master(b)
	_, log := h.worker(h.lab.Host("w"))
	h.says(log, "two clusters have one name: master b at "+b.Addr+" and worker wa at "+wa.Addr)
	require.NotContains(t, log.String(), "found the cluster")
	h.master(h.lab.Host("c"), "--cluster", "lab")
	_, other := h.worker(h.lab.Host("w2"), "--cluster", "lab")
	h.says(other, `"master":"c"`)
}
