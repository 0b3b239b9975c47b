package chaos

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pikv/bench/history"
	"pikv/client"
	"pikv/resp/resptest"
	"pikv/rpcclient"
	"pikv/testcluster"
	"pikv/wire"
)

const (
	// redisPatience is for how long an operation goes on: as long as that of pikv's own client.
	redisPatience = 10 * time.Second
	// redisTry is how long one connection, and one read, may take: then another node is asked.
	redisTry = 2 * time.Second
	// redisPause is between two tries.
	redisPause = 20 * time.Millisecond
)

// redisStore is a history.Store that speaks Redis' protocol, as a cautious client of Redis
// Cluster would: it follows MOVED, says again what was said to have had no effect, and never
// what may have had one.
type redisStore struct {
	dial  rpcclient.Dialer
	seeds []string

	mu     sync.Mutex
	owners map[string]string // by key: who was its owner last
	idle   map[string][]*redisConn
	closed bool
}

var _ history.Unversioned = (*redisStore)(nil)

// redisConn is a connection, for one command at a time.
type redisConn struct {
	net.Conn
	replies *bufio.Reader
}

// newRedisStore is closed when the test ends.
func newRedisStore(t *testing.T, c *testcluster.Cluster) *redisStore {
	s := &redisStore{dial: c.Dialer(), owners: make(map[string]string), idle: make(map[string][]*redisConn)}
	for _, n := range c.Nodes() {
		if n.RESP != "" {
			s.seeds = append(s.seeds, n.RESP)
		}
	}
	t.Cleanup(s.close)
	return s
}

func (s *redisStore) close() {
	s.mu.Lock()
	s.closed = true
	addrs := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, conns := range addrs {
		for _, c := range conns {
			c.Close()
		}
	}
}

// Unversioned implements history.Unversioned.
func (s *redisStore) Unversioned() {}

// connect returns a connection to whom the key's owner is taken for.
func (s *redisStore) connect(ctx context.Context, key string) (c *redisConn, addr string, err error) {
	s.mu.Lock()
	addr = s.owners[key]
	if addr == "" {
		addr = s.seeds[rand.IntN(len(s.seeds))]
	}
	if n := len(s.idle[addr]); n > 0 {
		c = s.idle[addr][n-1]
		s.idle[addr] = s.idle[addr][:n-1]
	}
	s.mu.Unlock()
	if c != nil {
		return c, addr, nil
	}
	ctx, cancel := context.WithTimeout(ctx, redisTry)
	defer cancel()
	conn, err := s.dial(ctx, addr)
	if err != nil {
		return nil, addr, err
	}
	return &redisConn{Conn: conn, replies: bufio.NewReader(conn)}, addr, nil
}

// keep keeps a connection for the next command.
func (s *redisStore) keep(c *redisConn, addr string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return
	}
	s.idle[addr] = append(s.idle[addr], c)
}

// route remembers who owns a key, "" for nobody that is known. If the node before was lost,
// so are its connections.
func (s *redisStore) route(key, owner, lost string) {
	s.mu.Lock()
	s.owners[key] = owner
	gone := s.idle[lost]
	delete(s.idle, lost)
	s.mu.Unlock()
	for _, c := range gone {
		c.Close()
	}
}

// call gives a command about the key until it has an answer, or its fate is not known, or
// time is over.
func (s *redisStore) call(ctx context.Context, write bool, key string, words ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, redisPatience)
	defer cancel()
	var last error
	for ctx.Err() == nil {
		reply, err := s.try(ctx, write, key, words)
		switch text := strings.TrimPrefix(reply, "-"); {
		case errors.Is(err, client.ErrUnknownFate):
			return "", err
		case err != nil:
			last = err
		case text == reply:
			return reply, nil
		case strings.HasPrefix(text, "MOVED "):
			words := strings.Fields(text)
			s.route(key, words[len(words)-1], "")
			last = errors.New(text)
			continue
		case strings.HasPrefix(text, "TRYAGAIN "), strings.HasPrefix(text, "CLUSTERDOWN "):
			last = errors.New(text)
		case strings.HasPrefix(text, "UNKNOWNFATE "):
			return "", fmt.Errorf("%s: %w", text, client.ErrUnknownFate)
		case strings.HasPrefix(text, "ERR value is not an integer"):
			return "", client.ErrNotInteger
		default:
			return "", errors.New(text)
		}
		select {
		case <-ctx.Done():
		case <-time.After(redisPause):
		}
	}
	return "", fmt.Errorf("gave up: %w", last)
}

// try gives a command once. An error is without effect, unless it is client.ErrUnknownFate.
func (s *redisStore) try(ctx context.Context, write bool, key string, words []string) (string, error) {
	c, addr, err := s.connect(ctx, key)
	if err != nil {
		s.route(key, "", addr)
		return "", err
	}
	deadline, _ := ctx.Deadline()
	if !write { // a read may be given again elsewhere
		deadline = time.Now().Add(redisTry)
	}
	var reply string
	if err = c.SetDeadline(deadline); err == nil {
		_, err = io.WriteString(c, resptest.Command(words...))
	}
	if err == nil {
		reply, err = resptest.ReadReply(c.replies)
	}
	if err != nil {
		c.Close()
		s.route(key, "", addr)
		if write {
			err = fmt.Errorf("%w: %w", client.ErrUnknownFate, err)
		}
		return "", err
	}
	s.keep(c, addr)
	return reply, nil
}

func (s *redisStore) Get(ctx context.Context, key string) ([]byte, error) {
	reply, err := s.call(ctx, false, key, "GET", key)
	if err == nil && reply == "nil" {
		err = client.ErrNotFound
	}
	return []byte(reply), err
}

func (s *redisStore) Put(ctx context.Context, key string, value []byte, opts ...client.PutOption) (uint64, error) {
	var o wire.Options
	for _, opt := range opts {
		opt(&o)
	}
	words := []string{"SET", key, string(value)}
	switch o.If {
	case wire.IfAbsent:
		words = append(words, "NX")
	case wire.IfPresent:
		words = append(words, "XX")
	}
	if o.TTL > 0 {
		words = append(words, "PX", strconv.FormatInt(o.TTL.Milliseconds(), 10))
	}
	reply, err := s.call(ctx, true, key, words...)
	if err == nil && reply == "nil" {
		err = client.ErrConditionFailed
	}
	return 0, err
}

func (s *redisStore) Incr(ctx context.Context, key string, delta int64, _ ...client.PutOption) (int64, error) {
	return s.number(ctx, key, "INCRBY", key, strconv.FormatInt(delta, 10))
}

// number gives a command that is answered with a number.
func (s *redisStore) number(ctx context.Context, key string, words ...string) (int64, error) {
	reply, err := s.call(ctx, true, key, words...)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimPrefix(reply, ":"), 10, 64)
}

func (s *redisStore) GetSet(ctx context.Context, key string, value []byte, _ ...client.PutOption) ([]byte, bool, error) {
	reply, err := s.call(ctx, true, key, "GETSET", key, string(value))
	if err != nil || reply == "nil" {
		return nil, false, err
	}
	return []byte(reply), true, nil
}

// GetVersion is never asked for: see history.Unversioned.
func (s *redisStore) GetVersion(context.Context, string) ([]byte, uint64, error) {
	return nil, 0, errors.New("Redis knows no versions")
}

// MGet gets one key after the other: they are in different slots.
func (s *redisStore) MGet(ctx context.Context, keys []string) ([]client.GetResult, error) {
	results := make([]client.GetResult, len(keys))
	for i, key := range keys {
		value, err := s.Get(ctx, key)
		switch {
		case err == nil:
			results[i] = client.GetResult{Value: value, Found: true}
		case !errors.Is(err, client.ErrNotFound):
			results[i].Err = err
		}
	}
	return results, nil
}

func (s *redisStore) MPut(ctx context.Context, pairs []client.Pair, opts ...client.PutOption) ([]client.PutResult, error) {
	results := make([]client.PutResult, len(pairs))
	for i, p := range pairs {
		_, results[i].Err = s.Put(ctx, p.Key, p.Value, opts...)
	}
	return results, nil
}

func (s *redisStore) MDel(ctx context.Context, keys []string, _ ...client.PutOption) ([]client.DelResult, error) {
	results := make([]client.DelResult, len(keys))
	for i, key := range keys {
		n, err := s.number(ctx, key, "DEL", key)
		results[i] = client.DelResult{Existed: n == 1, Err: err}
	}
	return results, nil
}
