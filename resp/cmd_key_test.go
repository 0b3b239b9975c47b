package resp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

func TestManyKeys(t *testing.T) {
	const arity = "-ERR wrong number of arguments for '%s' command"
	talk(t,
		exchange{"MSET {t}a 1 {t}b 2 {t}c ''", "+OK"}, exchange{"MGET {t}a {t}b {t}c {t}d {t}a", "*[1 2  nil 1]"},
		exchange{"MSET {t}a x {t}b z {t}a y", "+OK"}, exchange{"MGET {t}a {t}b", "*[y z]"}, exchange{"MSET {t}a 1 {t}b", fmt.Sprintf(arity, "mset")},
		exchange{"MSETNX {t}a 9 {t}z 9", ":0"}, exchange{"EXISTS {t}z", ":0"}, exchange{"MSETNX {t}w 1 {t}w 2 {t}v 3", ":1"}, exchange{"MGET {t}w {t}v", "*[2 3]"},
		exchange{"MSETNX {t}y 1 {t}z", fmt.Sprintf(arity, "msetnx")}, exchange{"MSET a 1 b 2", "-" + errCrossSlot}, exchange{"MGET a b", "-" + errCrossSlot},
		exchange{"EXPIRE {t}a 100", ":1"}, exchange{"MSET {t}a 5", "+OK"}, exchange{"TTL {t}a", ":-1"},
		exchange{"EXISTS {t}a {t}a {t}none {t}b", ":3"}, exchange{"TOUCH {t}a {t}none", ":1"}, exchange{"EXISTS {t}none", ":0"},
		exchange{"DEL {t}b {t}none {t}b", ":1"}, exchange{"DEL {t}a", ":1"}, exchange{"UNLINK {t}a", ":0"}, exchange{"UNLINK {t}w {t}v", ":2"},
	)
}

// More keys than can change at once are refused before anything happens; as many
// as can are taken.
func TestHowManyKeys(t *testing.T) {
	c := newTestServer(t, nil).dial(t)
	var keys, pairs []string
	for i := range changeKeys {
		keys = append(keys, fmt.Sprintf("{t}%d", i))
		pairs = append(pairs, keys[i], "v")
	}
	require.Equal(t, "+OK", c.Do(append([]string{"MSET"}, pairs...)...))
	require.Equal(t, fmt.Sprintf(":%d", changeKeys), c.Do(append([]string{"EXISTS"}, keys...)...))
	require.Equal(t, "-"+errManyKeys, c.Do(append([]string{"DEL", "{t}more"}, keys...)...))
	require.Equal(t, "-"+errManyKeys, c.Do(append([]string{"MSET", "{t}more", "v"}, pairs...)...))
	require.Equal(t, fmt.Sprintf(":%d", changeKeys), c.Do(append([]string{"EXISTS", "{t}more"}, keys...)...))
	many := slices.Repeat(keys, readKeys/changeKeys)
	require.Equal(t, fmt.Sprintf(":%d", readKeys), c.Do(append([]string{"EXISTS"}, many...)...))
	require.Equal(t, "-"+errManyReads, c.Do(append([]string{"MGET", "{t}more"}, many...)...))
	require.Equal(t, fmt.Sprintf(":%d", changeKeys), c.Do(append([]string{"DEL"}, keys...)...))
}

// A read of very many keys sees what the commands before it on its connection have done,
// though it takes them all to be over.
func TestManyKeysAreReadBehindAWrite(t *testing.T) {
	s := newTestServer(t, nil)
	s.memory.hold()
	s.memory.releasing(t)
	c := s.dial(t)
	many := slices.Repeat([]string{"{t}k"}, 2*changeKeys)
	c.Raw(resptest.Command("SET", "{t}k", "v") + resptest.Command(append([]string{"EXISTS"}, many...)...) + resptest.Command("DEL", "{t}k") + resptest.Command(append([]string{"TOUCH"}, many...)...))
	for _, want := range []string{"+OK", fmt.Sprintf(":%d", len(many)), ":1", ":0"} {
		require.Equal(t, want, c.Reply())
	}
}

// The errors say how many keys there may be.
func TestErrorsOfManyKeysSayHowMany(t *testing.T) {
	require.Contains(t, errManyKeys, fmt.Sprintf(" %d can change", changeKeys))
	require.Contains(t, errManyReads, fmt.Sprintf(" %d can be read", readKeys))
}

func TestKeyList(t *testing.T) {
	for words, want := range map[string]string{
		"a":                                 "[a] []",
		"a b c":                             "[a b c] []",
		"a b a c b":                         "[a b c] [0 1 0 2 1]",
		strings.Repeat("a ", 20) + "b":      "[a b] " + fmt.Sprint(append(make([]int, 20), 1)),
		"a b c d e f g h i j k l m n o p q": "[a b c d e f g h i j k l m n o p q] []",
	} {
		c := &Call{Args: [][]byte{[]byte("DEL")}}
		for word := range strings.FieldsSeq(words) {
			c.Args = append(c.Args, []byte(word))
		}
		list, refusal := c.keyList(1)
		require.Empty(t, refusal)
		require.Equal(t, want, fmt.Sprintf("%s %v", list.keys, list.place))
	}
}

func TestRename(t *testing.T) {
	talk(t,
		exchange{"RENAME {t}none {t}b", "-" + errNoKey}, exchange{"RENAME {t}none {t}none", "-" + errNoKey}, exchange{"RENAMENX {t}none {t}none", "-" + errNoKey},
		exchange{"SET {t}a 1 EX 100", "+OK"}, exchange{"SET {t}b 2", "+OK"}, exchange{"RENAMENX {t}a {t}b", ":0"}, exchange{"RENAME {t}a {t}b", "+OK"},
		exchange{"GET {t}b", "1"}, exchange{"TTL {t}b", ":100"}, exchange{"EXISTS {t}a", ":0"}, exchange{"RENAME {t}b {t}b", "+OK"}, exchange{"RENAMENX {t}b {t}b", ":0"},
		exchange{"SET {t}d 4", "+OK"}, exchange{"RENAME {t}d {t}b", "+OK"}, exchange{"TTL {t}b", ":-1"}, exchange{"RENAMENX {t}b {t}f", ":1"}, exchange{"GET {t}f", "4"},
		exchange{"RENAME a b", "-" + errCrossSlot},
	)
}

func TestCopy(t *testing.T) {
	talk(t,
		exchange{"SET {t}a 1 EX 100", "+OK"}, exchange{"COPY {t}a {t}b", ":1"}, exchange{"GET {t}b", "1"}, exchange{"TTL {t}b", ":100"}, exchange{"GET {t}a", "1"},
		exchange{"SET {t}c 3", "+OK"}, exchange{"COPY {t}c {t}b", ":0"}, exchange{"COPY {t}c {t}b REPLACE", ":1"}, exchange{"GET {t}b", "3"}, exchange{"TTL {t}b", ":-1"},
		exchange{"COPY {t}none {t}b", ":0"}, exchange{"COPY {t}none {t}b REPLACE", ":0"}, exchange{"GET {t}b", "3"}, exchange{"COPY {t}a {t}a", "-" + errSame},
		exchange{"COPY {t}a {t}k DB 0", ":1"}, exchange{"COPY {t}a {t}k DB 16", "-ERR DB index is out of range"}, exchange{"COPY {t}a {t}k DB 1 BOGUS", "-" + errSyntax},
		exchange{"COPY {t}a {t}k DB 1", "-ERR Copying to another database is not allowed in cluster mode"}, exchange{"COPY {t}a {t}k DB abc", "-" + errNotInteger},
		exchange{"COPY {t}a {t}k DB", "-" + errSyntax}, exchange{"COPY {t}a {t}k BOGUS", "-" + errSyntax}, exchange{"COPY a b", "-" + errCrossSlot},
	)
}

func TestObjectAndMemory(t *testing.T) {
	for value, want := range map[string]string{
		"12345": "int", "-7": "int", "9223372036854775807": "int", "9223372036854775808": "embstr", "007": "embstr", "hello": "embstr", "''": "embstr",
		strings.Repeat("x", 44): "embstr", strings.Repeat("x", 45): "raw",
	} {
		talk(t, exchange{"SET k " + value, "+OK"}, exchange{"OBJECT ENCODING k", want})
	}
	talk(t,
		exchange{"OBJECT ENCODING none", "nil"}, exchange{"OBJECT FREQ none", "nil"}, exchange{"OBJECT IDLETIME none", "nil"}, exchange{"OBJECT REFCOUNT none", "nil"},
		exchange{"SET k hello", "+OK"}, exchange{"OBJECT refcount k", ":1"}, exchange{"MEMORY USAGE k", fmt.Sprintf(":%d", 6+entryBytes)},
		exchange{"EXPIRE k 10", ":1"}, exchange{"MEMORY USAGE k SAMPLES 5", fmt.Sprintf(":%d", 6+entryBytes+mortalBytes)}, exchange{"MEMORY USAGE none", "nil"},
		exchange{"MEMORY USAGE k SAMPLES", "-" + errSyntax}, exchange{"MEMORY USAGE k SAMPLES -1", "-" + errSyntax}, exchange{"MEMORY USAGE k SAMPLES abc", "-" + errNotInteger},
		exchange{"OBJECT BOGUS k", "-ERR unknown subcommand 'BOGUS'. Try OBJECT HELP."},
	)
}
