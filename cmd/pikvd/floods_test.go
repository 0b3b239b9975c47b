package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// Attacks by the number and the size of values.

// tinyValues sends millions of values of a byte in one frame, where they may
// stand and where they may not, and then as many keys as one call takes.
func tinyValues(t *testing.T, v victim, _ func()) {
	const n = 5_000_000
	v.together(t, 30, func(i int, c *net.TCPConn) {
		frame := wire.AppendRequest(nil, 3, []string{"Del", "MGet", "MPut"}[i%3])
		if i%3 > 0 {
			frame = append(frame, 0x91)
		}
		frame = wire.AppendArrayHeader(frame, n)
		_, _ = c.Write(append(frame, bytes.Repeat([]byte{0x01}, n)...))
		m, err := newReplies(c).next()
		if err != nil {
			return
		}
		if code := codeOf(m); code != wire.CodeTooLarge && code != wire.CodeBusy {
			t.Errorf("%d values: %q", n, code)
		}
	})
	v.together(t, 20, func(i int, c *net.TCPConn) {
		var keys [][]byte
		for k := range 32 << 10 {
			keys = append(keys, []byte{byte(k), byte(k >> 8)})
		}
		frame := wire.AppendMGet(wire.AppendRequest(nil, 3, "MGet"), keys, wire.Options{})
		if i%2 == 0 {
			frame = wire.AppendMDel(wire.AppendRequest(nil, 3, "MDel"), keys, wire.Options{})
		}
		answers := newReplies(c)
		for range 3 {
			_, err := c.Write(frame)
			m, replyErr := answers.next()
			if err = errors.Join(err, replyErr); err != nil {
				t.Error(err)
				return
			}
			if code := codeOf(m); code != "" && code != wire.CodeBusy {
				t.Errorf("%d keys: %s", len(keys), code)
			}
		}
	})
}

// everyByte stores values under keys of each byte, alone and among others, and
// reads them back.
func everyByte(t *testing.T, v victim, _ func()) {
	all := make([]byte, 256)
	for b := range all {
		all[b] = byte(b)
	}
	keys := []string{string(all), strings.Repeat("\x00", wire.MaxKey), strings.Repeat("{", 100), "{}", "a{}b", "}{", "{\x00}\xff"}
	for b := range all {
		keys = append(keys, string(all[b:b+1]), "{"+string(all[b:b+1])+"}x", "k"+string(all[b:b+1])+"k")
	}
	for _, key := range keys {
		v.insist(t, "Put", key, "v"+key)
	}
	for _, key := range keys {
		value, found, err := wire.DecodeGetResult(wire.NewDecoder(v.ask(t, "Get", key).Result))
		require.NoError(t, err)
		require.True(t, found, "%.40q", key)
		require.Equal(t, "v"+key, string(value))
	}
	for key, code := range map[string]wire.Code{"": wire.CodeEmptyKey, strings.Repeat("k", wire.MaxKey+1): wire.CodeTooLarge} {
		require.Equal(t, code, codeOf(v.ask(t, "Put", key, "v")))
	}
}

// largestValues writes the largest value on many connections at once: some are
// taken, the others told that the worker is busy or full.
func largestValues(t *testing.T, v victim, _ func()) {
	value := strings.Repeat("v", hostileValue)
	v.together(t, 60, func(i int, c *net.TCPConn) {
		answers := newReplies(c)
		for id := range uint32(5) {
			_, err := c.Write(call(id, "Put", fmt.Sprintf("large-%d", i%3), value))
			m, replyErr := answers.next()
			if err = errors.Join(err, replyErr); err != nil {
				t.Error(err)
				return
			}
			if code := codeOf(m); code != "" && code != wire.CodeBusy && code != wire.CodeOutOfMemory {
				t.Errorf("reply %d: %s", m.ID, code)
			}
		}
	})
	v.insist(t, "Del", "large-0", "large-1", "large-2")
}

// largestReads asks for the same large values many times over in one call.
func largestReads(t *testing.T, v victim, _ func()) {
	v.insist(t, "Put", "large", strings.Repeat("v", hostileValue/8))
	keys := make([][]byte, 1000)
	for i := range keys {
		keys[i] = []byte("large")
	}
	frame := wire.AppendMGet(wire.AppendRequest(nil, 3, "MGet"), keys, wire.Options{})
	v.together(t, 300, func(_ int, c *net.TCPConn) {
		if _, err := c.Write(frame); err != nil {
			t.Error(err)
			return
		}
		m, err := newReplies(c).next()
		if err != nil {
			t.Error(err)
			return
		}
		if code := codeOf(m); code != "" && code != wire.CodeBusy {
			t.Errorf("%d keys: %s", len(keys), code)
		}
	})
}

// slowReaders ask for much and read nothing, until they are not read from. That
// they are closed in the end is for rpcserver's tests.
func slowReaders(t *testing.T, v victim, _ func()) {
	var all []byte
	for id := range uint32(200) {
		all = append(all, call(id, "Get", "large")...)
	}
	v.together(t, 200, func(i int, c *net.TCPConn) {
		err := errors.Join(c.SetReadBuffer(4<<10), c.SetWriteDeadline(time.Now().Add(2*time.Second)))
		for err == nil {
			_, err = c.Write(all)
		}
		if hung(err) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("reader %d: %v", i, err)
		}
	})
}

// slowReadersOfLittle ask for small values, very often and on many connections, and read
// nothing.
func slowReadersOfLittle(t *testing.T, v victim, _ func()) {
	v.insist(t, "Put", "little", strings.Repeat("v", 2<<10))
	var all []byte
	for id := range uint32(200) {
		all = append(all, call(id, "Get", "little")...)
	}
	v.flood(t, all)
}

// flood sends the same on many connections until nobody reads it, and takes nothing.
func (v victim) flood(t *testing.T, all []byte) {
	t.Helper()
	v.together(t, 300, func(i int, c *net.TCPConn) {
		err := errors.Join(c.SetReadBuffer(4<<10), c.SetWriteDeadline(time.Now().Add(2*time.Second)))
		for err == nil {
			_, err = c.Write(all)
		}
		if hung(err) && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("reader %d: %v", i, err)
		}
	})
}

// slowSwaps replace a large value by a small one, and do not take the large one.
func slowSwaps(t *testing.T, v victim, _ func()) {
	value := strings.Repeat("v", hostileValue)
	v.together(t, 60, func(i int, c *net.TCPConn) {
		key := fmt.Sprintf("swap-%d", i)
		answers := newReplies(c)
		err := c.SetReadBuffer(4 << 10)
		for try, stored := 0, false; err == nil && !stored && try < 10; try++ { // the node may be busy, or full
			if _, err = c.Write(call(1, "Put", key, value)); err == nil {
				var m wire.Message
				m, err = answers.next()
				stored = m.Err == nil
			}
		}
		_, sendErr := c.Write(call(2, "GetSet", key, "small"))
		if err := errors.Join(err, sendErr); err != nil {
			t.Error(err)
		}
	})
}
