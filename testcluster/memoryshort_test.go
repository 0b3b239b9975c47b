package testcluster_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/autoscale"
	"pikv/client"
	"pikv/testcluster"
	"pikv/wire"
)

const (
	shortMemory = 16 << 20 // of each worker
	shortValue  = 64 << 10
)

// filling is a cluster of two workers, each of which holds everything, and the spare w3, that is filled.
type filling struct {
	*testcluster.Cluster
	t    *testing.T
	cl   *client.Client
	keys []string // that are there
	next int      // the number of the next key
}

// put stores one more value; its key counts when that was acknowledged.
func (f *filling) put(ctx context.Context) (key string, err error) {
	key = fmt.Sprintf("short-%d", f.next)
	f.next++
	if _, err = f.cl.Put(ctx, key, f.value(key)); err == nil {
		f.keys = append(f.keys, key)
	}
	return key, err
}

// value is what key has: its name again and again.
func (f *filling) value(key string) []byte {
	return []byte(strings.Repeat(key+" ", shortValue/len(key))[:shortValue])
}

// fill stores values until they are that part of a worker's memory.
func (f *filling) fill(part float64) {
	f.t.Helper()
	for float64(len(f.keys)*shortValue) < part*shortMemory {
		_, err := f.put(f.t.Context())
		require.NoError(f.t, err)
	}
}

// empty deletes values until what is left is that part of a worker's memory.
func (f *filling) empty(part float64) {
	f.t.Helper()
	stay := int(part * shortMemory / shortValue)
	deleted, err := f.cl.Del(f.t.Context(), f.keys[stay:]...)
	require.NoError(f.t, err)
	require.Equal(f.t, len(f.keys)-stay, deleted)
	f.keys = f.keys[:stay]
}

// intact reads all keys.
func (f *filling) intact() {
	f.t.Helper()
	for _, key := range f.keys {
		got, err := f.cl.Get(f.t.Context(), key)
		require.NoError(f.t, err)
		require.True(f.t, string(got) == string(f.value(key)), key)
	}
}

// told waits until the master of now has told each of texts, regular expressions, in an event of that kind.
func (f *filling) told(kind string, texts ...string) {
	f.t.Helper()
	f.Eventually("wait for events", func(ctx context.Context) error {
		all, err := f.cl.Events(ctx, 0, 0)
		if err != nil {
			return err
		}
		for _, text := range texts {
			said := regexp.MustCompile(text)
			if !slices.ContainsFunc(all, func(e wire.Event) bool { return e.Kind == kind && said.MatchString(e.Text) }) {
				return fmt.Errorf("nobody says %q: %+v", text, all)
			}
		}
		return nil
	})
}

// uses waits until w3 is in that state, everything is in sync, and the status shows of each active worker a part of
// its memory that is right.
func (f *filling) uses(w3, what string, right func(part float64) bool) {
	f.t.Helper()
	f.Eventually("wait until active workers use "+what, func(ctx context.Context) error {
		status, err := f.cl.Status(ctx)
		if err != nil {
			return err
		}
		if status.Synced != status.Partitions {
			return fmt.Errorf("%d of %d partitions are synced", status.Synced, status.Partitions)
		}
		for _, m := range status.Members {
			if m.Name == "w3" && m.State != w3 {
				return fmt.Errorf("w3 is called %s", m.State)
			}
			if m.Role != "worker" || m.State != "active" {
				continue
			}
			if part := float64(m.Used) / float64(m.Capacity); !right(part) {
				return fmt.Errorf("%s uses %.2f of its memory", m.Name, part)
			}
		}
		return nil
	})
}

// A worker's memory gets short, and then there is none. That is told, and nothing but the write without room
// fails; with --autoscale on a spare is activated before that, and there is room again.
func TestNetnsMemoryGetsShort(t *testing.T) {
	t.Parallel()
	policy := breathing()
	policy.Mode, policy.CoolDown = autoscale.Off, policy.Window
	policy.Memory, policy.Requests = autoscale.Marks{}, autoscale.Marks{High: 1e6} // no mean passes a mark: pressure alone counts
	f := &filling{t: t, Cluster: testcluster.Start(t, testcluster.Options{
		Mode: testcluster.Namespaces, Workers: 2, MaxMemory: shortMemory, Scaling: policy,
	})}
	f.AddWorker(testcluster.AsSpare())
	f.cl = f.Client()
	under := func(part float64) bool { return part >= autoscale.Pressure }
	relieved := func(part float64) bool { return part < autoscale.Pressure-0.05 }
	again := []string{`^w1 uses \d+ % of its memory again$`, `^w2 uses \d+ % of its memory again$`}

	f.fill(0.88)
	f.told("pressure",
		`^w1 uses \d+ % of its memory: when it is full, writes there fail; activate a spare or start a worker, `,
		`^w2 uses \d+ % of its memory: when it is full, writes there fail; activate a spare or start a worker, `)
	f.uses("spare", "85 % and more", under)

	var refused string
	var err error
	for err == nil {
		require.Less(t, len(f.keys)*shortValue, shortMemory)
		refused, err = f.put(t.Context())
	}
	require.ErrorIs(t, err, client.ErrOutOfMemory)
	require.ErrorContains(t, err, " bytes (--max-memory)")
	_, err = f.cl.Get(t.Context(), refused)
	require.ErrorIs(t, err, client.ErrNotFound)
	f.intact()

	f.empty(0.60)
	f.Eventually("write again", func(ctx context.Context) error {
		_, err := f.put(ctx)
		return err
	})
	f.told("pressure", again...)
	f.fill(0.88)
	f.intact()
	f.uses("spare", "85 % and more", under)

	policy.Mode = autoscale.On
	f.Rescale(policy)
	f.told("scale", `^w3 is activated: w[12] uses \d+ % of its memory, pressure is from 85 % on$`)
	f.uses("active", "less than 80 %", relieved)
	f.told("pressure", again...)
	f.fill(1)
	f.intact()
}
