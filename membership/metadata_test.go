package membership

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMetadataRoundTrip(t *testing.T) {
	for _, md := range []metadata{
		{role: RoleMaster, incarnation: 1, capacity: 0, rpcAddr: "10.0.0.1:7700"},
		{role: RoleWorker, incarnation: math.MaxUint64, capacity: math.MaxInt64, rpcAddr: "[fd00::1]:65535", respAddr: "[fd00::1]:7379"},
		{role: RoleWorker, incarnation: 2, rpcAddr: "h:1", respAddr: "h:2", spare: true},
		{role: RoleWorker, incarnation: 2, rpcAddr: "h:1", spare: true},
		{role: "observer", incarnation: 5, capacity: 1, rpcAddr: strings.Repeat("h", 200) + ":1"},
	} {
		b, err := md.encode()
		require.NoError(t, err)
		require.LessOrEqual(t, len(b), metaLimit)
		got, err := decodeMetadata(b)
		require.NoError(t, err)
		require.Equal(t, md, got)
	}
}

// The encoding is a contract between versions.
func TestMetadataBytes(t *testing.T) {
	b, err := metadata{role: RoleWorker, incarnation: 0x0102030405060708, capacity: 300, rpcAddr: "h:1", respAddr: "h:2"}.encode()
	require.NoError(t, err)
	before := "\x01\x06worker\x01\x02\x03\x04\x05\x06\x07\x08\xac\x02\x03h:1"
	want := before + "\x03h:2" + "\x00"
	require.Equal(t, want, string(b))
	spare, err := metadata{role: RoleWorker, incarnation: 0x0102030405060708, capacity: 300, rpcAddr: "h:1", respAddr: "h:2", spare: true}.encode()
	require.NoError(t, err)
	require.Equal(t, before+"\x03h:2"+"\x01", string(spare))

	// A version before had no RESP address, and skips what follows its fields.
	old, err := decodeMetadata([]byte(before))
	require.NoError(t, err)
	require.Equal(t, metadata{role: RoleWorker, incarnation: 0x0102030405060708, capacity: 300, rpcAddr: "h:1"}, old)
	none, err := old.encode()
	require.NoError(t, err)
	require.Equal(t, before+"\x00\x00", string(none))

	// Another had no flags.
	old, err = decodeMetadata([]byte(before + "\x03h:2"))
	require.NoError(t, err)
	require.Equal(t, "h:2", old.respAddr)
	require.False(t, old.spare)

	// A later version appends.
	got, err := decodeMetadata([]byte("\x02" + want[1:] + "more"))
	require.NoError(t, err)
	require.Equal(t, "h:1", got.rpcAddr)
	require.Equal(t, "h:2", got.respAddr)
}

func TestMetadataRefused(t *testing.T) {
	good, err := metadata{role: RoleWorker, incarnation: 7, capacity: 9, rpcAddr: "h:1", respAddr: "g:2"}.encode()
	require.NoError(t, err)
	for n := range len(good) {
		if n == len(good)-len("\x03g:2\x00") || n == len(good)-len("\x00") {
			continue // of versions before
		}
		_, err := decodeMetadata(good[:n])
		require.ErrorIs(t, err, errMeta, "first %d bytes", n)
	}
	for name, b := range map[string]string{
		"version 0":        "\x00" + string(good[1:]),
		"upper-case role":  strings.Replace(string(good), "worker", "Worker", 1),
		"empty role":       "\x01\x00" + string(good[8:]),
		"long role":        "\x01\x11" + strings.Repeat("a", 17) + string(good[8:]),
		"zero incarnation": "\x01\x01a" + strings.Repeat("\x00", 8) + "\x00\x03h:1",
		"capacity 1<<63":   "\x01\x01a" + strings.Repeat("\x01", 8) + strings.Repeat("\x80", 9) + "\x01\x03h:1",
		"capacity 1<<70":   "\x01\x01a" + strings.Repeat("\x01", 8) + strings.Repeat("\xff", 10) + "\x01\x03h:1",
		"no port":          strings.Replace(string(good), "h:1", "hh1", 1),
		"port 0":           strings.Replace(string(good), "h:1", "h:0", 1),
		"control in host":  strings.Replace(string(good), "h:1", "\n:1", 1),
		"RESP no port":     strings.Replace(string(good), "g:2", "gg2", 1),
		"RESP port 0":      strings.Replace(string(good), "g:2", "g:0", 1),
		"over the limit":   string(good) + strings.Repeat("x", metaLimit),
	} {
		_, err := decodeMetadata([]byte(b))
		require.ErrorIs(t, err, errMeta, name)
	}
	for _, md := range []metadata{
		{role: RoleWorker, incarnation: 1, capacity: -1, rpcAddr: "h:1"},
		{role: RoleWorker, incarnation: 1, rpcAddr: strings.Repeat("h", 300) + ":1"},
		{role: "seventeen letters", incarnation: 1, rpcAddr: "h:1"},
		{role: RoleWorker, rpcAddr: "h:1"},
		{role: RoleWorker, incarnation: 1, rpcAddr: "h:1", respAddr: "h"},
		{role: RoleWorker, incarnation: 1, rpcAddr: "h:1", respAddr: strings.Repeat("h", 300) + ":1"},
		{role: RoleWorker, incarnation: 1, rpcAddr: strings.Repeat("h", 250) + ":1", respAddr: strings.Repeat("h", 250) + ":1"},
	} {
		_, err := md.encode()
		require.Error(t, err)
	}
}

func FuzzDecodeMetadata(f *testing.F) {
	f.Add([]byte("\x01\x06worker\x01\x02\x03\x04\x05\x06\x07\x08\xac\x02\x03h:1"))
	f.Add([]byte("\x02\x06master\x01\x02\x03\x04\x05\x06\x07\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x09[::1]:700\x04h:79more"))
	f.Add([]byte("\x01\x06worker\x01\x02\x03\x04\x05\x06\x07\x08\xac\x02\x03h:1\x00"))
	f.Add([]byte("\x01\x06worker\x01\x02\x03\x04\x05\x06\x07\x08\xac\x02\x03h:1\x0a[::1]:7379\x00more"))
	f.Fuzz(func(t *testing.T, b []byte) {
		md, err := decodeMetadata(b)
		if err != nil {
			return
		}
		again, err := md.encode()
		if err != nil {
			t.Fatalf("decoded %+v, cannot encode: %v", md, err)
		}
		if back, err := decodeMetadata(again); err != nil || back != md {
			t.Fatalf("%+v became %+v, %v", md, back, err)
		}
	})
}
