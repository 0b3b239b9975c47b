package worker

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/socket"
)

// BenchmarkRedisPipeline has one client of Redis send a thousand commands at a time:
// next to nothing is left but what each costs. cpu-ns/op is processor time, the client's
// with it, which others on the machine do not disturb as much.
func BenchmarkRedisPipeline(b *testing.B) {
	for name, c := range map[string]struct{ command, reply string }{
		"get": {"*2\r\n$3\r\nGET\r\n$7\r\nkey-%03d\r\n", "$5\r\nvalue\r\n"},
		"set": {"*3\r\n$3\r\nSET\r\n$7\r\nkey-%03d\r\n$5\r\nvalue\r\n", "+OK\r\n"},
	} {
		b.Run(name, func(b *testing.B) {
			w, err := New(Config{Name: "w1", RESPPort: socket.AnyPort})
			require.NoError(b, err)
			defer w.Abort()
			ln, err := w.listenRedis("127.0.0.1")
			require.NoError(b, err)
			require.NoError(b, w.redis.Start(ln))
			require.NoError(b, w.follower.adopt(replyWith(testView(b, w, 1))))
			conn, err := net.Dial("tcp", w.RESPAddr())
			require.NoError(b, err)
			defer conn.Close()
			const batch = 1000
			var sets, commands []byte
			for i := range batch {
				sets = fmt.Appendf(sets, "*3\r\n$3\r\nSET\r\n$7\r\nkey-%03d\r\n$5\r\nvalue\r\n", i)
				commands = fmt.Appendf(commands, c.command, i)
			}
			in := bufio.NewReaderSize(conn, 1<<20)
			do := func(send []byte, reply string) {
				_, err := conn.Write(send)
				require.NoError(b, err)
				got := make([]byte, batch*len(reply))
				_, err = io.ReadFull(in, got)
				require.NoError(b, err)
				require.True(b, bytes.HasPrefix(got, []byte(reply)))
			}
			do(sets, "+OK\r\n")
			before := processorTime(b)
			b.ResetTimer()
			for n := 0; n < b.N; n += batch {
				do(commands, c.reply)
			}
			b.StopTimer()
			b.ReportMetric(float64(processorTime(b)-before)/float64((b.N+batch-1)/batch*batch), "cpu-ns/op")
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
