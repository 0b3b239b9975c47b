package worker

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/replica"
	"pikv/wire"
)

// brokenCore stands for a bug: the answer runs where a core does, with the
// partition locked.
type brokenCore struct{}

func (brokenCore) answer(*Worker, *partition, *replica.Done) { panic("a broken invariant") }

// A handler that panics fails its own call. One that holds a partition ends the
// process: else that partition would stay locked while this node goes on
// granting leases.
func TestAPanicInACoreEndsTheProcess(t *testing.T) {
	const inside = "PIKV_TEST_CRASH"
	if os.Getenv(inside) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), inside+"=1")
		out, err := cmd.CombinedOutput()
		require.Error(t, err, "it lives on")
		require.Equal(t, 2, cmd.ProcessState.ExitCode(), "%s", out)
		require.Contains(t, string(out), "a broken invariant")
		require.Contains(t, string(out), "brokenCore.answer", "the stack of the panic")
		return
	}
	w, conn := owner(t, Config{})
	p := &w.table.Load().partitions[0]
	op := replica.Op{Kind: replica.OpGet, Key: keyOf(t, w, 0), Tag: brokenCore{}}
	func() {
		defer func() { _ = recover() }() // as the server does
		w.do(p, w.now(), &op)
	}()
	_ = conn.Call(t.Context(), wire.MethodGet, func(buf []byte) []byte { return wire.AppendGet(buf, op.Key, wire.Options{}) }, nil)
	t.Log("it is still here")
}
