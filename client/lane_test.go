package client_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/client/clienttest"
	"pikv/rpcserver"
	"pikv/wire"
)

const small, large = wire.SmallValue, wire.SmallValue + 1

// calls counts the requests of one method that a node had.
func calls(w *clienttest.Node, method string) (n int) {
	for _, r := range w.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

// A client that has never seen a key learns from the owner that its value is
// large, asks for it where large values go, and remembers.
func TestAColdReadOfALargeValueIsMadeOnItsLane(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	w := c.Workers[0]
	value := bytes.Repeat([]byte("v"), large)
	_, err := connect(t, c).Put(t.Context(), "large", value)
	require.NoError(t, err)
	var b client.Buffer
	for name, get := range map[string]func(cl *client.Client) ([]byte, error){
		"Get":     func(cl *client.Client) ([]byte, error) { return cl.Get(t.Context(), "large") },
		"GetInto": func(cl *client.Client) ([]byte, error) { return cl.GetInto(t.Context(), "large", &b) },
		"GetVersion": func(cl *client.Client) ([]byte, error) {
			got, version, err := cl.GetVersion(t.Context(), "large")
			require.NotZero(t, version)
			return got, err
		},
		"GetEntry": func(cl *client.Client) ([]byte, error) {
			e, err := cl.GetEntry(t.Context(), "large")
			return e.Value, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			cl := connect(t, c)
			for _, asked := range []int{2, 1, 1} {
				before := calls(w, wire.MethodGet)
				got, err := get(cl)
				require.NoError(t, err)
				require.True(t, bytes.Equal(value, got))
				require.Equal(t, asked, calls(w, wire.MethodGet)-before)
			}
		})
	}
}

// In a batch only what does not fit is asked for again; many keys, whose values
// are likely to be too much together, take the lane at once.
func TestAColdBatchOfLargeValuesIsMadeOnTheirLane(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	w := c.Workers[0]
	fill := connect(t, c)
	keys := []string{"none"}
	var values [][]byte
	for i, size := range []int{10, large, small / 2, small / 2, 1 << 20, 20} {
		keys = append(keys, fmt.Sprint("k", i))
		values = append(values, bytes.Repeat([]byte{byte('a' + i)}, size))
		_, err := fill.Put(t.Context(), keys[i+1], values[i])
		require.NoError(t, err)
	}
	cl := connect(t, c)
	check := func() {
		t.Helper()
		got, err := cl.MGet(t.Context(), keys)
		require.NoError(t, err)
		require.Equal(t, client.GetResult{}, got[0])
		for i, value := range values {
			require.True(t, got[i+1].Found)
			require.True(t, bytes.Equal(value, got[i+1].Value), keys[i+1])
		}
	}
	check()
	requests := w.Requests()
	require.Equal(t, []string{"k1", "k3", "k4"}, requests[len(requests)-1].Keys, "what was too much for one small answer")
	require.Equal(t, 2, calls(w, wire.MethodMGet))
	check()
	require.Equal(t, 3, calls(w, wire.MethodMGet))

	many, pairs := manyKeys(1000)
	_, err := fill.MPut(t.Context(), pairs)
	require.NoError(t, err)
	_, err = connect(t, c).MGet(t.Context(), many)
	require.NoError(t, err)
	require.Equal(t, 4, calls(w, wire.MethodMGet))
}

// For a proxy whose own client wants no large answers they are not fetched.
func TestAProxyFetchesNoLargeValuesInVain(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	w := c.Workers[0]
	cl := connect(t, c)
	for key, size := range map[string]int{"small": 10, "large": large} {
		_, err := cl.Put(t.Context(), key, make([]byte, size))
		require.NoError(t, err)
	}
	fetched := 0
	got, err := cl.MGetWithin(t.Context(), []string{"small", "large"}, true, func(n int) bool { fetched += n; return true })
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeLarge})
	require.Len(t, got[0].Value, 10)
	require.ErrorIs(t, got[1].Err, &wire.Error{Code: wire.CodeLarge})
	require.Equal(t, 10, fetched)
	require.Equal(t, 1, calls(w, wire.MethodMGet))
}

// A node that calls everything large is not asked for ever.
func TestALargeAnswerThatIsNotTakenBackEndsTheCall(t *testing.T) {
	c := clienttest.New(t, 1, 8)
	w := c.Workers[0]
	cl := connect(t, c)
	w.Intercept(func(clienttest.Request) clienttest.Fault { return clienttest.Fault{Err: rpcserver.ErrLarge} })
	_, err := cl.Get(t.Context(), "k")
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeLarge})
	require.Equal(t, 2, calls(w, wire.MethodGet))
	_, err = cl.Put(t.Context(), "k", []byte("v"))
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeLarge})
	require.Equal(t, 2, calls(w, wire.MethodPut))
	w.Intercept(func(r clienttest.Request) clienttest.Fault {
		return clienttest.Fault{Err: rpcserver.ErrLarge, ErrKey: r.Keys[0]}
	})
	_, err = cl.MGet(t.Context(), []string{"k"})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeLarge})
	require.Equal(t, 2, calls(w, wire.MethodMGet))
	_, err = cl.MDel(t.Context(), []string{"k"})
	require.ErrorIs(t, err, &wire.Error{Code: wire.CodeLarge})
	require.Equal(t, 2, calls(w, wire.MethodMDel))
}
