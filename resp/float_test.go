package resp

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// floatSums are what redis-server answers on x86.
var floatSums = []struct{ was, more, want string }{
	{"0", "10.5", "10.5"}, {"10.5", "0.1", "10.6"}, {"5.0e3", "200", "5200"}, {"3", "-3", "0"}, {"0", "-0", "0"}, {"0.1", "0.2", "0.3"}, {"3.0", "1.00000", "4"},
	{"0", "1e20", "100000000000000000000"}, {"1e20", "1", "100000000000000000000"}, {"1e19", "1", "10000000000000000001"}, {"0", "1e-17", "0.00000000000000001"}, {"0", "1e-18", "0"}, {"0", "-1e-18", "0"},
	{"0", "0x10", "16"}, {"0", "0x1.8p1", "3"}, {"0", ".5", "0.5"}, {"0", "5.", "5"}, {"0", "+1", "1"}, {"1", "1e-4950", "1"},
}

func TestFloatsAreAddedAndPrintedAsInRedis(t *testing.T) {
	for _, c := range floatSums {
		was, ok := parseFloat([]byte(c.was))
		require.True(t, ok, c.was)
		more, ok := parseFloat([]byte(c.more))
		require.True(t, ok, c.more)
		require.Equal(t, c.want, string(printFloat(was.Add(was, more))), "%s + %s", c.was, c.more)
	}
}

func TestWhatIsNoFloat(t *testing.T) {
	for _, text := range []string{
		"", " 1", "1 ", "abc", "nan", "-nan", "1.2.3", "1e", "1e+", "e5", ".", "-", "+-1", "--1", "0x", "0x.", "0x1p", "0xg", "infin", "1_000", "1e5000", "-1e4933",
		"1e-4960", "1e999999999999999999999", "1e-999999999999999999999", "0x1p16384", "0x1p-16446", "0x1p99999999999", strings.Repeat("1", 5120), "1,5",
	} {
		_, ok := parseFloat([]byte(text))
		require.False(t, ok, "%q", text)
	}
	for _, text := range []string{"inf", "-Inf", "+INFINITY"} {
		f, ok := parseFloat([]byte(text))
		require.True(t, ok && f.IsInf(), text)
	}
	for _, text := range []string{"1e4932", "1e-4940", "0x1p16383", "0x1.8p-16446", "0e99999999999", "-0x0p9999999", strings.Repeat("1", 4932), "0." + strings.Repeat("0", 4900) + "1"} {
		_, ok := parseFloat([]byte(text))
		require.True(t, ok, "%q", text)
	}
}

// Decimal texts are rounded once.
func TestFloatsAreTheNearest(t *testing.T) {
	for _, text := range []string{
		"0.1", "123456789.123456789", "9007199254740993", "18446744073709551617", "36893488147419103233", "1e22", "3.4e-4900", "2.2250738585072014e-308",
		"100000000000000000000000000000000000000000000001", "0.30000000000000000000000000000000000000000000000001",
	} {
		got, ok := parseFloat([]byte(text))
		require.True(t, ok)
		exact, _, err := big.ParseFloat(text, 10, 40_000, big.ToNearestEven)
		require.NoError(t, err)
		require.Zero(t, got.Cmp(new(big.Float).SetPrec(64).Set(exact)), text)
	}
}

func TestIncrbyfloat(t *testing.T) {
	talk(t,
		exchange{"INCRBYFLOAT f 10.5", "10.5"}, exchange{"INCRBYFLOAT f -5", "5.5"}, exchange{"GET f", "5.5"}, exchange{"EXPIRE f 100", ":1"},
		exchange{"INCRBYFLOAT f 0.5", "6"}, exchange{"INCR f", ":7"}, exchange{"TTL f", ":100"}, exchange{"INCRBYFLOAT f abc", "-" + errNotFloat},
		exchange{"INCRBYFLOAT f inf", "-" + errInfinite}, exchange{"INCRBYFLOAT f nan", "-" + errNotFloat}, exchange{"GET f", "7"},
		exchange{"SET s abc", "+OK"}, exchange{"INCRBYFLOAT s 1", "-" + errNotFloat}, exchange{"SET s inf", "+OK"}, exchange{"INCRBYFLOAT s 1", "-" + errInfinite},
		exchange{"SET s 1e4932", "+OK"}, exchange{"INCRBYFLOAT s 1e4932", "-" + errInfinite},
	)
}

func FuzzParseFloat(f *testing.F) {
	for _, c := range floatSums {
		f.Add([]byte(c.was))
		f.Add([]byte(c.more))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, ok := parseFloat(text)
		if !ok || n.IsInf() {
			return
		}
		printed := printFloat(n)
		again, ok := parseFloat(printed)
		require.True(t, ok, "%q", printed)
		require.Equal(t, string(printed), string(printFloat(again)))
	})
}
