package resp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/resp/resptest"
)

var testBounds = bounds{args: maxArgs, bulk: 1 << 20, command: 2 << 20}

// feed parses an input that comes in pieces, as size says how large each may be, and
// as eventloop does it: what is not used comes again, and what is to be filled is.
func feed(in []byte, b *bounds, size func() int) (commands [][][]byte, most int, err error) {
	var p parser
	var waiting []byte
	var scratch [][]byte
	for {
		step, err := p.next(waiting, scratch[:0], b)
		if err != nil {
			return commands, most, err
		}
		if step.args != nil {
			kept := make([][]byte, len(step.args))
			for i, arg := range step.args {
				kept[i] = bytes.Clone(arg)
			}
			commands = append(commands, kept)
			clear(step.args)
			scratch = step.args
		}
		if waiting = waiting[step.used:]; step.used > 0 {
			continue
		}
		if room := p.fillRoom(); room != nil {
			n := copy(room, waiting)
			waiting = waiting[n:]
			m := copy(room[n:], in)
			in = in[m:]
			if n+m < len(room) {
				return commands, most, nil // the rest never comes
			}
			p.filled()
			continue
		}
		most = max(most, len(waiting))
		if len(in) == 0 {
			return commands, most, nil
		}
		n := min(max(size(), 1), len(in))
		waiting = append(bytes.Clone(waiting), in[:n]...) // memory that nobody else has, as the loop's changes, too
		in = in[n:]
	}
}

func checkParse(t *testing.T, in []byte, b *bounds, seed uint64) {
	t.Helper()
	want, wantErr := naiveParse(in, b)
	if key, rest, ok := glance(in); ok {
		require.LessOrEqual(t, len(rest), len(in))
		if len(want) > 0 && len(want[0]) > 1 {
			require.Equal(t, string(want[0][1]), string(key))
		}
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for name, size := range map[string]func() int{
		"at once": func() int { return len(in) },
		"bytes":   func() int { return 1 },
		"pieces":  func() int { return 1 + r.IntN(1+r.IntN(100_000)) },
	} {
		if name == "bytes" && len(in) > 4<<10 {
			continue
		}
		got, most, err := feed(in, b, size)
		if wantErr == nil || err != errCountLine && err != errBulkLine { //nolint:errorlint // the parser's own
			require.Equal(t, wantErr, err, name)
		} // else a header, which is wrong in any case, was given up before its end was seen, as Redis does it
		require.Equal(t, len(want), len(got), name)
		for i := range want {
			require.Equal(t, len(want[i]), len(got[i]), name)
			for j := range want[i] {
				require.True(t, bytes.Equal(want[i][j], got[i][j]), "%s: command %d, argument %d", name, i, j)
			}
		}
		require.LessOrEqual(t, most, lineMost+1, "%s: so much input was left to wait", name)
	}
}

// parseSeeds are inputs of all kinds.
func parseSeeds() []string {
	return []string{
		"", "\r\n", "PING\r\n", "PING\n", "  set a 'b c' \"\\x41\\n\\\"\" \r\nget a\r\n", "set \"a\r\n", "set 'a'b\r\n", "a\x00b c\r\n",
		"*1\r\n$4\r\nPING\r\n", "*0\r\n*-1\r\nPING\r\n", "*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\nbc\r\n*1\r\n$4\r\nPING\r\n",
		"*9000000000000000000\r\n", "*99999999999999999999\r\n", "*2147483648\r\n", "*131073\r\n", "*x\r\n", "*1\r\n$-2\r\n", "*1\r\n$2147483648\r\n", "*1\r\n$+1\r\na\r\n", "*1\r\n$01\r\na\r\n",
		"*1\r\nPING\r\n", "*2\r\n$4\r\nECHO\r\n:1\r\n", "*1\r\n\r\n", "*11\r\n", "*1\r\n$16385\r\n", "%1\r\n$1\r\na\r\n$1\r\nb\r\n", "$3\r\nabc\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "*" + strings.Repeat("1", 100), "*1\r\n$" + strings.Repeat("0", 100),
		"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$40000\r\n" + strings.Repeat("v", 40000) + "\r\n*1\r\n$4\r\nPING\r\n",
		"*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$33000\r\n" + strings.Repeat("v", 33000) + "\r\n$1\r\nb\r\n$70000\r\n" + strings.Repeat("w", 70000) + "\r\n",
		"*200\r\n" + strings.Repeat("$3\r\nabc\r\n", 200), "*200\r\n" + strings.Repeat("$3\r\nabc\r\n", 199),
		strings.Repeat("x", lineMost) + "\n", strings.Repeat("x", lineMost) + "\r\n", strings.Repeat("x", lineMost+1) + "\r\n", "*" + strings.Repeat("1", lineMost) + "\r\n",
		"*1\r\n$" + strings.Repeat("1", lineMost-1) + "\r\n", "*" + strings.Repeat("1", lineMost+1) + "\r",
		strings.Repeat("x", lineMost+2), "*" + strings.Repeat("1", lineMost+2), "*1\r\n$" + strings.Repeat("1", lineMost+2),
	}
}

func TestCommandsAreTheSameHoweverTheyCome(t *testing.T) {
	for i, seed := range parseSeeds() {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			checkParse(t, []byte(seed), &testBounds, uint64(i))
			stranger := testBounds
			stranger.stranger = true
			checkParse(t, []byte(seed), &stranger, uint64(i))
		})
	}
}

func FuzzParser(f *testing.F) {
	for i, seed := range parseSeeds() {
		f.Add([]byte(seed), uint64(i), i%2 == 0)
	}
	f.Fuzz(func(t *testing.T, in []byte, seed uint64, stranger bool) {
		b := testBounds
		b.stranger = stranger
		checkParse(t, in, &b, seed)
	})
}

// Whoever says that much will come takes memory only as it comes, and no more than
// there is.
func TestParserTakesMemoryAsItComes(t *testing.T) {
	var p parser
	used, budget := 0, 300<<10
	p.reserve = func(n int) bool {
		if used+n > budget {
			return false
		}
		used += n
		return true
	}
	p.release = func(n int) { used -= n }
	b := testBounds
	step, err := p.next([]byte("*2\r\n$3\r\nGET\r\n$1000000\r\nabc"), nil, &b)
	require.NoError(t, err)
	require.Nil(t, step.args)
	require.Less(t, used, 80<<10)
	// It comes, and there is no room: it is passed over, and the next one runs.
	in := append(bytes.Repeat([]byte("v"), 999_997), "\r\n*1\r\n$4\r\nPING\r\n"...)
	step, err = p.next(in, nil, &b)
	require.NoError(t, err)
	require.Equal(t, ErrManyBytes, step.refusal)
	require.Zero(t, p.reserved, "it was given back when there was no hope")
	require.Zero(t, used)
	step, err = p.next(in[step.used:], nil, &b)
	require.NoError(t, err)
	require.Equal(t, "PING", string(step.args[0]))
}

// Small commands need no room, wherever they are cut; of large ones so much is free.
func TestHalvesOfSmallCommandsNeedNoRoom(t *testing.T) {
	asked, room := 0, 0
	p := parser{reserve: func(n int) bool { asked += n; return asked <= room }, release: func(int) {}}
	small := []byte(resptest.Command("MSET", "{k}1", strings.Repeat("v", 100), "{k}2", strings.Repeat("w", 10<<10)))
	for cut := 1; cut < len(small); cut++ {
		half, err := p.next(small[:cut], nil, &testBounds)
		require.NoError(t, err)
		require.Nil(t, half.args)
		step, err := p.next(small[half.used:], nil, &testBounds)
		require.NoError(t, err)
		require.Empty(t, step.refusal, "cut at %d", cut)
		require.Len(t, step.args, 5)
		p.hand(new(Call))
	}
	require.Zero(t, asked)
	args := []string{"DEL"}
	for i := range 1000 {
		args = append(args, strings.Repeat("k", 100)+strconv.Itoa(i))
	}
	large := []byte(resptest.Command(args...))
	for _, room = range []int{1 << 30, 0} {
		var call Call
		asked = 0
		half, err := p.next(large[:len(large)-1], nil, &testBounds)
		require.NoError(t, err)
		require.LessOrEqual(t, p.free, freeInput)
		step, err := p.next(large[half.used:], nil, &testBounds)
		require.NoError(t, err)
		p.hand(&call)
		if room == 0 {
			require.Equal(t, ErrManyBytes, step.refusal)
			require.Zero(t, call.reserved+call.free)
			continue
		}
		require.Len(t, step.args, 1001)
		require.Equal(t, asked, call.reserved)
		require.Greater(t, call.reserved+call.free, 100*1000)
	}
}

func TestParserDoesNotAllocateForSmallCommands(t *testing.T) {
	in := []byte(resptest.Command("SET", "key", strings.Repeat("v", 128)))
	var p parser
	scratch := make([][]byte, 0, 8)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if step, err := p.next(in, scratch, &testBounds); err != nil || len(step.args) != 3 {
			t.Fatal(step, err)
		}
	}))
}

func BenchmarkParser(b *testing.B) {
	in := []byte(resptest.Command("SET", "key:000000012345", strings.Repeat("v", 128)))
	var p parser
	scratch := make([][]byte, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.next(in, scratch, &testBounds); err != nil {
			b.Fatal(err)
		}
	}
}
