package resp

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/placement"
	"pikv/resp/resptest"
)

// scanAll sends SCAN until its end, and do between the calls. It returns the keys, of
// which none comes twice, and how many calls it took.
func scanAll(t *testing.T, c *resptest.Client, do func(), options ...string) (keys []string, calls int) {
	t.Helper()
	found := make(map[string]bool)
	for cursor := "0"; ; {
		calls++
		reply := c.Do(append([]string{"SCAN", cursor}, options...)...)
		next, list, ok := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(reply, "*["), "]]"), " *[")
		require.True(t, ok, reply)
		for key := range strings.FieldsSeq(list) {
			require.False(t, found[key], "%s comes again", key)
			found[key] = true
		}
		n, err := strconv.ParseUint(next, 10, cursorBits)
		require.NoError(t, err)
		if n == 0 {
			break
		}
		require.NotEqual(t, cursor, next, "it goes on")
		cursor = next
		if do != nil {
			do()
		}
	}
	for key := range found {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys, calls
}

func TestScanFindsEveryKey(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	var want []string
	for i := range 500 {
		want = append(want, fmt.Sprintf("key%03d", i))
		require.Equal(t, "+OK", c.Do("SET", want[i], "v"))
	}
	for _, count := range []string{"1", "7", "10", "1000", "9223372036854775807"} {
		got, _ := scanAll(t, c, nil, "COUNT", count)
		require.Equal(t, want, got, count)
	}
	got, _ := scanAll(t, c, nil, "MATCH", "key4[0-1]?", "TYPE", "string")
	require.Equal(t, want[400:420], got)
	got, _ = scanAll(t, c, nil, "type", "list")
	require.Empty(t, got)
	_, calls := scanAll(t, c, nil, "COUNT", "1000")
	require.Equal(t, 1, calls)
}

// What is there from the first call to the last is returned, whatever else comes and
// goes between them.
func TestScanWhileKeysComeAndGo(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	c := newTestServer(t, nil).dial(t)
	var stay []string
	for i := range 300 {
		stay = append(stay, fmt.Sprintf("stay%03d", i))
		c.Do("SET", stay[i], "v")
		c.Do("SET", fmt.Sprintf("go%d", i), "v")
	}
	got, _ := scanAll(t, c, func() {
		for range 20 {
			if key := fmt.Sprintf("go%d", r.IntN(1000)); r.IntN(2) == 0 {
				c.Do("SET", key, "v")
			} else {
				c.Do("DEL", key)
			}
		}
	}, "COUNT", "5", "MATCH", "stay*")
	require.Equal(t, stay, got, "seed %d", seed)
}

// Keys whose places no cursor can tell apart are returned together.
func TestScanGoesOnAmongNearHashes(t *testing.T) {
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("{t}%02d", i))
	}
	c := newTestServer(t, func(cfg *Config) { cfg.Keyspace = &nearPlaces{cfg.Keyspace.(*memory), want} }).dial(t)
	got, _ := scanAll(t, c, nil, "COUNT", "3")
	require.Equal(t, want, got)
}

// nearPlaces is a memory that gives its keys the places from a number on.
type nearPlaces struct {
	*memory
	keys []string
}

func (m *nearPlaces) Page(_ context.Context, slot uint16, cursor uint64, limit int, yield func(key []byte)) (next uint64, refusal string, ok bool) {
	const first = 1<<40 + 5
	if len(m.keys) == 0 || placement.Slot([]byte(m.keys[0]))/slotsEach != slot/slotsEach {
		return 0, "", true
	}
	const step = 3000 // some within what a cursor's last bit is worth
	for i, key := range m.keys {
		place := first + uint64(i)*step
		if place < cursor {
			continue
		}
		if limit == 0 {
			return place - step + 1, "", true
		}
		yield([]byte(key))
		limit--
	}
	return 0, "", true
}

func TestScanReadsItsArgumentsAsRedisDoes(t *testing.T) {
	for command, want := range map[string]string{
		"SCAN abc": "-ERR invalid cursor", "SCAN 99999999999999999999": "-ERR invalid cursor", "SCAN -": "-ERR invalid cursor", "SCAN 1x": "-ERR invalid cursor",
		"SCAN 0 COUNT": "-" + errSyntax, "SCAN 0 COUNT 0": "-" + errSyntax, "SCAN 0 COUNT abc": "-" + errNotInteger, "SCAN 0 MATCH": "-" + errSyntax,
		"SCAN 0 BOGUS x": "-" + errSyntax, "SCAN 0": "*[0 *[]]", "SCAN -1": "*[0 *[]]", "SCAN ''": "*[0 *[]]", "SCAN +0": "*[0 *[]]", "SCAN 18446744073709551615": "*[0 *[]]",
	} {
		talk(t, exchange{command, want})
	}
}

// One call ends after so many bytes of keys, however many it is asked for.
func TestScanIsBounded(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	for i := range 80 {
		require.Equal(t, "+OK", c.Do("SET", fmt.Sprintf("{t}%05d%s", i, strings.Repeat("k", 60_000)), "v"))
	}
	keys, calls := scanAll(t, c, nil, "COUNT", "10000")
	require.Len(t, keys, 80)
	require.Greater(t, calls, 1)
	// So it does for a pattern that takes long.
	require.Equal(t, "-"+errPattern, c.Do("KEYS", "*"+strings.Repeat("k", 30_000)+"x*"))
	require.Equal(t, "-"+errPattern, c.Do("KEYS", strings.Repeat("k", longestPattern+1)))
	require.Equal(t, "-"+errPattern, c.Do("SCAN", "0", "MATCH", strings.Repeat("k", longestPattern+1)))
}

// listingCommands look for the key {t}k, which is in slot 15891.
var listingCommands = []string{"SCAN 0 COUNT 10000", "KEYS *", "RANDOMKEY", "CLUSTER COUNTKEYSINSLOT 15891", "CLUSTER GETKEYSINSLOT 15891 10"}

// A partition that should be here and is not served yet is waited for, and not passed
// over.
func TestWhatListsKeysWaitsForAPartition(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	require.Equal(t, "+OK", c.Line("SET {t}k v"))
	for _, command := range listingCommands {
		want := c.Line(command)
		s.memory.setAway("")
		require.Equal(t, want, c.Line(command))
		require.NotContains(t, want, "[]")
		require.NotEqual(t, "nil", want)
	}
}

// One that nobody serves is not passed over either.
func TestWhatListsKeysDoesNotPassOverAPartition(t *testing.T) {
	s := newTestServer(t, nil)
	c := s.dial(t)
	s.memory.setAway(ErrNotServed)
	for _, command := range listingCommands {
		require.Equal(t, "-"+ErrNotServed, c.Line(command))
	}
}

// It does not wait for one that another node has.
func TestWhatListsKeysPassesOverAPartitionThatHasLeft(t *testing.T) {
	c := newTestServer(t, func(cfg *Config) { cfg.Keyspace = &leaving{cfg.Keyspace.(*memory)} }).dial(t)
	for i, want := range []string{"*[0 *[]]", "*[]", "nil", ":0", "*[]"} {
		require.Equal(t, want, c.Line(listingCommands[i]))
	}
}

// leaving is a memory whose partitions have moved away.
type leaving struct{ *memory }

func (*leaving) Page(context.Context, uint16, uint64, int, func([]byte)) (uint64, string, bool) {
	return 0, "", false
}
func (*leaving) Await(context.Context, uint16) Serves { return Serves{Elsewhere: true} }
