package master

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/resp"
	"pikv/wire"
)

// TestErrorsOfTheProxy have the words of Redis, and none promises that a write had no
// effect which was begun.
func TestErrorsOfTheProxy(t *testing.T) {
	coded := func(code wire.Code) error { return wire.Errorf(code, "text") }
	given := func(errs ...error) error { return fmt.Errorf("put: %w", errors.Join(errs...)) }
	const unknown = resp.UnknownFate + "the write may have taken effect or not: text"
	for _, c := range []struct {
		err  error
		want string
	}{
		{coded(wire.CodeUnknownFate), unknown},
		{coded(wire.CodeForgotten), unknown},
		{given(coded(wire.CodeUnknownFate), context.Canceled), unknown},
		{given(context.Canceled, coded(wire.CodeUnknownFate)), unknown},
		{given(coded(wire.CodeForgotten), client.ErrClosed), unknown},
		{given(client.ErrClosed, coded(wire.CodeForgotten)), unknown},
		{given(coded(wire.CodeUnknownFate), io.EOF, coded(wire.CodeBusy)), unknown},
		{given(coded(wire.CodeUnknownFate), errContended), unknown},
		{partly(2, errContended), resp.UnknownFate + "the write may have taken effect or not: the first 2 keys are done, then: " + errContended.Error()},
		{partly(0, errContended), resp.TryAgain + errContended.Error()},
		{context.Canceled, resp.ErrClosing},
		{given(client.ErrClosed), resp.ErrClosing},
		{given(coded(wire.CodeUnavailable), context.Canceled), resp.ErrClosing},
		{coded(wire.CodeOutOfMemory), resp.ErrOutOfMemory},
		{coded(wire.CodeUnavailable), resp.ErrNotServed + ": text"},
		{coded(wire.CodeNoWorkers), resp.ErrNotServed + ": text"},
		{coded(wire.CodeBusy), resp.TryAgain + "text"},
		{coded(wire.CodeTimeout), resp.TryAgain + "text"},
		{coded(wire.CodeShuttingDown), resp.TryAgain + "text"},
		{coded(wire.CodeMoved), resp.TryAgain + "text"},
		{coded(wire.CodeTooLarge), resp.ErrTooLong},
		{coded(wire.CodeInternal), "ERR text"},
		{io.EOF, "ERR EOF"},
	} {
		require.Equal(t, c.want, redisError(c.err), "%v", c.err)
	}
}
