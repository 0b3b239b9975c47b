package worker

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// docs/WIRE.md promises that a client can be written from it alone: what it
// shows of conversations is played to a worker here, byte by byte.
func TestTheConversationsOfTheWireDocument(t *testing.T) {
	text, err := os.ReadFile("../docs/WIRE.md")
	require.NoError(t, err)
	w, _ := owner(t, Config{})
	nc, err := net.Dial("tcp", w.addr)
	require.NoError(t, err)
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	frames := wire.NewFrameReader(nc, wire.DefaultLimits(), nil)
	lines := strings.Split(string(text), "\n")
	played := 0
	for i, line := range lines {
		said, ours := strings.CutPrefix(line, "> [")
		if !ours {
			if said, ours = strings.CutPrefix(line, "< ["); !ours {
				continue
			}
		}
		shown, err := hex.DecodeString(strings.ReplaceAll(lines[i+1], " ", ""))
		require.NoError(t, err, "after %s", line)
		require.Equal(t, "["+said, notation(wire.NewDecoder(shown)), "the bytes after %s", line)
		if line[0] == '>' {
			_, err = nc.Write(shown)
			require.NoError(t, err)
			continue
		}
		frame, _, err := frames.ReadFrame(nil)
		require.NoError(t, err)
		require.Equal(t, "["+said, notation(wire.NewDecoder(frame)), "the answer to %s", lines[max(i-2, 0)])
		require.Equal(t, shown, frame)
		played++
	}
	require.GreaterOrEqual(t, played, 12)
}

// notation writes a value as Python does.
func notation(d *wire.Decoder) string {
	switch d.Kind() {
	case wire.KindNil:
		d.Nil()
		return "None"
	case wire.KindBool:
		if d.Bool() {
			return "True"
		}
		return "False"
	case wire.KindInt:
		return fmt.Sprint(d.Int())
	case wire.KindStr:
		return fmt.Sprintf("%q", d.Bytes())
	case wire.KindBin:
		return fmt.Sprintf("b%q", d.Bytes())
	case wire.KindArray:
		items := make([]string, d.ArrayHeader())
		for i := range items {
			items[i] = notation(d)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case wire.KindMap:
		items := make([]string, d.MapHeader())
		for i := range items {
			items[i] = notation(d) + ": " + notation(d)
		}
		return "{" + strings.Join(items, ", ") + "}"
	default:
		return fmt.Sprintf("neither: %v", d.Err())
	}
}
