package clients

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// answers is a keyspace that answers as it is told.
type answers struct {
	written error
	read    int
}

func (a *answers) set(context.Context, string, string) error { return a.written }

func (a *answers) get(context.Context, string) (value string, found bool, err error) {
	return strconv.Itoa(a.read), a.read > 0, nil
}

// TestTheLoadSeesReadsThatAreNotLinearizable, those included that go back behind what was
// read of a write that was never acknowledged.
func TestTheLoadSeesReadsThatAreNotLinearizable(t *testing.T) {
	lost := errors.New("UNKNOWNFATE")
	for _, c := range []struct {
		name  string
		steps []answers
		wrong int
	}{
		{"all is well", []answers{{nil, 1}, {nil, 2}}, 0},
		{"a late effect", []answers{{nil, 1}, {lost, 1}, {lost, 2}}, 0},
		{"an acknowledged write is lost", []answers{{nil, 1}, {nil, 1}}, 1},
		{"a value that was never written", []answers{{nil, 2}}, 1},
		{"back behind what was read", []answers{{nil, 1}, {lost, 2}, {lost, 1}}, 1},
		{"back to nothing", []answers{{lost, 1}, {lost, 0}}, 1},
	} {
		keys := &answers{}
		l := &load{keys: keys, slots: make([]slotState, 1)}
		for _, *keys = range c.steps {
			l.step(0)
		}
		require.Len(t, l.wrong, c.wrong, "%s", c.name)
	}
}
