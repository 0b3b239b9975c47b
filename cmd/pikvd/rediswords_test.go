package main

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

// Attacks by commands about the node, which need no key: by their words and their replies.

// heavyWords gives commands with as many words as there may be, or as long ones, of each of
// which the node could make much: bystanders on the same loops wait no longer for that.
func heavyWords(t *testing.T, door victim, meanwhile func()) {
	const long = hostileValue
	glob := strings.Repeat("[A-z]b*", 9<<10)
	scan := []string{"SCAN", "0"}
	for range long / len(glob) {
		scan = append(scan, "MATCH", glob)
	}
	commands := []struct{ command, want string }{
		{resptest.Command(append([]string{"COMMAND", "INFO"}, slices.Repeat([]string{"client"}, mostArguments-2)...)...), "-ERR too many names"},
		{resptest.Command(append([]string{"CONFIG", "GET"}, slices.Repeat([]string{glob}, long/len(glob))...)...), "-ERR too many patterns"},
		{resptest.Command("COMMAND", "LIST", "FILTERBY", "ACLCAT", strings.Repeat("Ab", long/2)), "*[]"},
		{resptest.Command("COMMAND", "LIST", "FILTERBY", "PATTERN", strings.Repeat("A*", long/2)), "-ERR the pattern takes too long"},
		{resptest.Command(scan...), "*["},
		{resptest.Command(append([]string{"INFO"}, slices.Repeat([]string{"Nosuch"}, mostArguments-1)...)...), ""},
	}
	var attack sync.WaitGroup
	attack.Go(func() {
		door.together(t, 12, func(i int, c *net.TCPConn) {
			for n := range 2 * len(commands) {
				one := commands[(i+n)%len(commands)]
				if _, err := io.WriteString(c, one.command); err != nil {
					t.Errorf("%.60q: %v", one.command, err)
					return
				}
				said, err := replyOf(c)
				if err != nil || !strings.HasPrefix(said, one.want) && !strings.HasPrefix(said, "-TRYAGAIN ") {
					t.Errorf("%.60q: %.100q, %v", one.command, said, err)
					return
				}
			}
		})
	})
	meanwhile()
	attack.Wait()
}

// slowReadersOfDescriptions ask what the longest command is like, as often as one command
// may, and read nothing of what is a thousand times as long.
func slowReadersOfDescriptions(t *testing.T, door victim, meanwhile func()) {
	const names = 1024
	command := resptest.Command(append([]string{"COMMAND", "INFO"}, slices.Repeat([]string{"client"}, names)...)...)
	door.together(t, 200, func(i int, c *net.TCPConn) {
		_ = c.SetReadBuffer(4 << 10)
		if _, err := io.WriteString(c, strings.Repeat(command, 4)); err != nil && !hung(err) {
			t.Errorf("reader %d: %v", i, err)
		}
	})
	meanwhile()
	require.True(t, strings.HasPrefix(resptest.Dial(t, door.addr).Do("COMMAND", "INFO", "get"), "*[*[get :2 "), "small replies need no room")
}
