package clients

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/testcluster/need"
)

// python is the load of testdata/rediscluster.py under way.
type python struct {
	t   *testing.T
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func startPython(t *testing.T, addrs ...string) *python {
	t.Helper()
	p := &python{t: t, cmd: exec.Command(need.Python(t, "redis"), append([]string{"testdata/rediscluster.py"}, addrs...)...)}
	var err error
	p.in, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.out = bufio.NewReader(out)
	var complaints strings.Builder
	p.cmd.Stderr = &complaints
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		if t.Failed() {
			t.Log(complaints.String())
		}
	})
	return p
}

// ask sends a word and reads the line that follows.
func (p *python) ask(word string) (acked, failed, wrong, gaveUp int) {
	p.t.Helper()
	_, err := io.WriteString(p.in, word+"\n")
	require.NoError(p.t, err)
	line, err := p.out.ReadString('\n')
	require.NoError(p.t, err)
	_, err = fmt.Sscan(line, &acked, &failed, &wrong, &gaveUp)
	require.NoError(p.t, err, line)
	return acked, failed, wrong, gaveUp
}

// passes waits until n more writes are acknowledged.
func (p *python) passes(n int) (failed int) {
	p.t.Helper()
	from, _, _, _ := p.ask("report")
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		acked, failed, _, _ := p.ask("report")
		if acked >= from+n {
			return failed
		}
		require.True(p.t, time.Now().Before(end), "%d of %d writes in a minute, %d failed", acked-from, n, failed)
	}
}

func TestRedisPyWhileNodesComeAndGo(t *testing.T) {
	t.Parallel()
	need.Python(t, "redis")
	c := cluster(t)
	p := startPython(t, c.Node("w1").RESP, c.Node("w3").RESP)
	const some = 500
	p.passes(some)
	c.AddWorker()
	c.WaitSettled()
	require.Zero(t, p.passes(some), "calls failed while a worker joined")
	_, _, _, joining := p.ask("report")
	c.Kill("w2")
	p.passes(some)
	c.WaitSettled()
	p.passes(some)
	acked, failed, wrong, gaveUp := p.ask("finish")
	rest, err := io.ReadAll(p.out)
	require.NoError(t, err)
	require.Zero(t, wrong, "%s", rest)
	t.Logf("%d writes acknowledged, %d calls sent to and fro, %d of them while a worker joined, %d failed: %s", acked, gaveUp, joining, failed, rest)
}
