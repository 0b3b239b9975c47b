package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/testcluster"
	"pikv/wire"
)

// busy is a status of a cluster whose workers are at work.
func busy() wire.StatusReply {
	r := healthy()
	r.Members = []wire.MemberStatus{
		{Name: "m1", Role: "master", State: "active"},
		{Name: "w1", Role: "worker", State: "active", Capacity: 1 << 30, Used: 1 << 29, Keys: 1000, Primaries: 60, Replicas: 120,
			Load: wire.Load{Reads: 100, Writes: 1, Deletes: 1, CPU: 2, CPUs: 4, In: 2048, Out: 1 << 20,
				Partitions: []wire.PartitionLoad{{P: 7, Rate: 90}, {P: 8, Rate: 1.25}},
				Keys:       []wire.HotKey{{Key: []byte("cold"), Size: 4, Share: 0.04}}}},
		{Name: "w2", Role: "worker", State: "active", Capacity: 1 << 30, Keys: 5, Primaries: 68, Replicas: 120,
			Load: wire.Load{Reads: 12345, CPU: 0.1, CPUs: 1,
				Partitions: []wire.PartitionLoad{{P: 3, Rate: 12000}},
				Keys:       []wire.HotKey{{Key: []byte("user1\x1b[2J\xff\n"), Size: 100, Share: 0.342}, {Key: []byte("x"), Size: 1, Share: 0.3}}}},
		{Name: "w3", Role: "worker", State: "dead", Replicas: 3},
	}
	return r
}

func TestTopText(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, topText(&b, busy(), sortRequests))
	require.Equal(t, `home: fully synced for 3 h 12 min; 12447 requests/s, memory 25 % full

NAME  STATE   OWNS  HOLDS  MEMORY                       KEYS  READS/S  WRITES/S  CPU   NET IN     NET OUT
w2    active  68    120    0 B of 1.0 GiB (0 %)         5     12345    0         10 %  0 B/s      0 B/s
w1    active  60    120    512.0 MiB of 1.0 GiB (50 %)  1000  100      2.0       50 %  2.0 KiB/s  1.0 MiB/s
w3    dead    0     3      -                            -     -        -         -     -          -

key "user1\x1b[2J\xff\n"... (100 bytes) makes 34 % of w2's requests, or more
hottest partitions: 3 (w2, 12000/s), 7 (w1, 90/s), 8 (w1, 1.2/s)
`, b.String())
	require.Contains(t, statusOf(t, busy()), "load        12447 requests/s, memory 25 % full\n")
}

func TestTopSorts(t *testing.T) {
	for by, want := range map[string]string{
		sortRequests: "w2 w1 w3", sortMemory: "w1 w2 w3", sortCPU: "w1 w2 w3", sortName: "w1 w2 w3",
	} {
		var names []string
		for _, m := range sortedWorkers(busy().Members, by) {
			names = append(names, m.Name)
		}
		require.Equal(t, want, strings.Join(names, " "), by)
	}
	unlike := busy()
	unlike.Members[2].Capacity = 7 << 30
	require.Equal(t, "12447 requests/s, memory 6 % full", loadText(unlike), "of all memory, as the scaling policy goes by")
	unlike.Members[1].Eviction = evictionLRU
	require.Equal(t, "12447 requests/s, memory 0 % full", loadText(unlike), "who evicts is full on purpose")
	unlike.Members[2].Eviction = evictionLRU
	require.Equal(t, "12447 requests/s", loadText(unlike))
	require.Equal(t, "load not known", loadText(wire.StatusReply{Members: busy().Members[3:]}))
}

func TestAFrameFits(t *testing.T) {
	require.Equal(t, "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J", frame("a\nb\nc\n", 2))
	require.Equal(t, "\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J", frame("a\nb\n", 0))
}

// watched is a terminal that calls seen with each write.
type watched struct {
	all  bytes.Buffer
	seen func(text string)
}

func (w *watched) Write(p []byte) (int, error) {
	w.seen(string(p))
	return w.all.Write(p)
}

// A real cluster, of which one key is asked for again and again: top names it.
func TestTopOfACluster(t *testing.T) {
	c, sh := realCluster(t, testcluster.Options{Workers: 2})
	require.Contains(t, sh("wait --synced").out, "synced")
	cl, err := client.New(t.Context(), c.Seeds())
	require.NoError(t, err)
	defer cl.Close()
	_, err = cl.Put(t.Context(), "hot\x01", []byte("v"))
	require.NoError(t, err)
	var got outcome
	c.Eventually("pikv top to name the key", func(ctx context.Context) error {
		for range 2000 {
			if _, err := cl.Get(ctx, "hot\x01"); err != nil {
				return err
			}
		}
		if got = sh("top"); !strings.Contains(got.out, `key "hot\x01" makes `) || !strings.Contains(got.out, "hottest partitions: ") {
			return fmt.Errorf("%+v", got)
		}
		return nil
	})
	require.Equal(t, exitDone, got.code)
	require.NotContains(t, got.out, "\x1b", "it is no terminal")
	require.Regexp(t, `(?m)^load +\d+ requests/s, memory \d+ % full$`, sh("status").out)
	require.Regexp(t, `CPU +NET IN +NET OUT`, sh("members").out)

	var list struct {
		Workers []struct {
			Name string
			Load struct {
				Reads float64 `json:"reads_per_second"`
				Keys  []struct {
					Value string
					Share float64
				} `json:"hot_keys"`
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(sh("top --json --sort requests").out), &list))
	require.Len(t, list.Workers, 2)
	require.Greater(t, list.Workers[0].Load.Reads, list.Workers[1].Load.Reads)
	require.Equal(t, "hot\x01", list.Workers[0].Load.Keys[0].Value)
	require.Greater(t, list.Workers[0].Load.Keys[0].Share, 0.5)

	// On a terminal it comes again and again, until Ctrl-C, which leaves it as it was.
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	frames := 0
	w := &watched{seen: func(text string) {
		if strings.HasPrefix(text, "\x1b[H") {
			if frames++; frames == 3 {
				interrupt()
			}
		}
	}}
	require.Equal(t, exitDone, run(ctx, env{stdout: w, stderr: w, shown: true}, []string{"top", "--interval", "100ms"}))
	require.Equal(t, 3, frames)
	require.True(t, strings.HasPrefix(w.all.String(), "\x1b[?1049h"))
	require.True(t, strings.HasSuffix(w.all.String(), "\x1b[?1049l"))
}

// A script that is tried out on a terminal gets JSON there, too, once.
func TestTopAsJSONOnATerminal(t *testing.T) {
	c := clienttest.New(t, 2, 16)
	t.Setenv("PIKV_SEEDS", c.Master.Addr)
	var out, errOut bytes.Buffer
	require.Equal(t, exitDone, run(t.Context(), env{stdout: &out, stderr: &errOut, typed: true, watched: true, shown: true}, []string{"top", "--json"}))
	require.Empty(t, errOut.String())
	var list workersLoad
	require.NoError(t, json.Unmarshal(out.Bytes(), &list), out.String())
	require.NotContains(t, out.String(), "\x1b")
}

func TestTopMistakes(t *testing.T) {
	got := pikv(t, nil, "top", "--sort", "age", "--interval", "1ms")
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.errOut, `--sort "age" is none of requests, memory, cpu, name`)
	require.Contains(t, got.errOut, "--interval 1ms is less than 100ms")
}
