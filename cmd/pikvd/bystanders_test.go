package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/client"
	"pikv/resp/resptest"
)

// bystanders are two clients that mind their own business while others attack: one
// comes through the door for Redis, the other is the Go client. They write and read,
// and every answer must be right: that there is no room is none.
type bystanders struct {
	rounds  [2]atomic.Int64
	longest [2]atomic.Int64 // of them, in nanoseconds
	most    time.Duration   // that one may take
	failed  atomic.Pointer[error]
}

// bystanders starts them; they go on until the end of the test. A round may take as long
// as longest.
func (v victim) bystanders(t *testing.T, longest time.Duration) *bystanders {
	t.Helper()
	conn, err := net.Dial("tcp", v.redis)
	require.NoError(t, err)
	options := []client.Option{client.WithTimeout(replyTime)}
	if v.proxy {
		options = append(options, client.WithProxy())
	}
	cl, err := client.New(t.Context(), []string{v.addr}, options...)
	require.NoError(t, err)
	b := &bystanders{most: longest}
	ctx, cancel := context.WithCancel(context.Background())
	var tasks sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		tasks.Wait()
		conn.Close()
		require.NoError(t, cl.Close())
	})
	replies := bufio.NewReader(conn)
	tasks.Go(func() { b.run(ctx, 0, func(value string) error { return throughTheDoor(conn, replies, value) }) })
	tasks.Go(func() { b.run(ctx, 1, func(value string) error { return asPrograms(cl, value) }) })
	return b
}

// longestRound is how long one may take, of a write and a read: a healthy node keeps that on
// a busy machine, too, and one that is held up by an attack does not.
const longestRound = 10 * time.Second

// run makes a round every few milliseconds: what it costs the victim hardly counts.
func (b *bystanders) run(ctx context.Context, who int, round func(value string) error) {
	pause := time.NewTicker(10 * time.Millisecond)
	defer pause.Stop()
	for i := 0; ctx.Err() == nil; i++ {
		began := time.Now()
		err := round(strings.Repeat(fmt.Sprint(i, " "), 20))
		took := time.Since(began)
		if err == nil && took > b.most {
			err = fmt.Errorf("bystander %d waited %v", who, took)
		}
		if err != nil {
			b.failed.CompareAndSwap(nil, &err)
			return
		}
		b.longest[who].Store(max(b.longest[who].Load(), int64(took))) // nobody else does
		b.rounds[who].Add(1)
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
}

func throughTheDoor(conn net.Conn, replies *bufio.Reader, value string) error {
	for _, exchange := range []struct{ command, want string }{
		{resptest.Command("SET", "bystander", value), "+OK"},
		{resptest.Command("GET", "bystander"), value},
	} {
		if err := exchanged(conn, replies, exchange.command, exchange.want); err != nil {
			return fmt.Errorf("a Redis client beside: %.40q: %w", exchange.command, err)
		}
	}
	return nil
}

// exchanged sends a command, and again as long as it was refused for a reason other
// than room: on a busy machine the worker's lease may lapse.
func exchanged(conn net.Conn, replies *bufio.Reader, command, want string) error {
	if err := conn.SetDeadline(time.Now().Add(replyTime)); err != nil {
		return err
	}
	for {
		if _, err := conn.Write([]byte(command)); err != nil {
			return err
		}
		switch got, err := resptest.ReadReply(replies); {
		case err != nil:
			return err
		case got == want:
			return nil
		case !strings.HasPrefix(got, "-TRYAGAIN ") || strings.Contains(got, "too many bytes"):
			return fmt.Errorf("it was told %.200q", got)
		}
	}
}

func asPrograms(cl *client.Client, value string) error {
	ctx := context.Background() // the client has a time limit
	if _, err := cl.Put(ctx, "program", []byte(value)); err != nil {
		return fmt.Errorf("a program beside: %w", err)
	}
	switch got, err := cl.Get(ctx, "program"); {
	case err != nil:
		return fmt.Errorf("a program beside: %w", err)
	case string(got) != value:
		return fmt.Errorf("a program beside reads %.200q and has written %q", got, value)
	}
	return nil
}

// goOn waits until both have made some more rounds.
func (b *bystanders) goOn(t *testing.T) {
	t.Helper()
	const some = 20
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(replyTime)
	for who := range b.rounds {
		from := b.rounds[who].Load()
		for b.rounds[who].Load() < from+some {
			b.unhurt(t)
			require.True(t, time.Now().Before(deadline), "bystander %d is not served: %d rounds in a minute", who, b.rounds[who].Load()-from)
			<-tick.C
		}
	}
}

// slowest tells what the longest round of each took.
func (b *bystanders) slowest() string {
	return fmt.Sprint(time.Duration(b.longest[0].Load()), " and ", time.Duration(b.longest[1].Load()))
}

// unhurt checks that neither has been told anything wrong.
func (b *bystanders) unhurt(t *testing.T) {
	t.Helper()
	if err := b.failed.Load(); err != nil {
		t.Fatal(*err)
	}
}
