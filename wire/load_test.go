package wire

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// someLoad is a Load that can be believed.
func someLoad() Load {
	return Load{
		Reads: 1.5, Writes: 1e6, Deletes: 0.01, CPU: 3.9, CPUs: 4, In: 12e6, Out: 1,
		Partitions: []PartitionLoad{{P: 16383, Rate: 7}, {P: 0, Rate: 7}, {P: 5, Rate: 0.1}},
		Keys:       []HotKey{{Key: []byte("\x00\xff"), Size: 2, Share: 0.6}, {Key: []byte(strings.Repeat("k", MaxHotKey)), Size: MaxKey, Share: 0.4}},
	}
}

func TestALoadIsBounded(t *testing.T) {
	good := someLoad()
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	if err := new(Load).Check(); err != nil {
		t.Fatal(err)
	}
	for want, spoil := range map[string]func(l *Load){
		"reads of NaN":              func(l *Load) { l.Reads = math.NaN() },
		"writes of -1":              func(l *Load) { l.Writes = -1 },
		"deletes of +Inf":           func(l *Load) { l.Deletes = math.Inf(1) },
		"cpu of -Inf":               func(l *Load) { l.CPU = math.Inf(-1) },
		"bytes in of 1e+16":         func(l *Load) { l.In = 1e16 },
		"bytes out of NaN":          func(l *Load) { l.Out = math.NaN() },
		"-1 processors":             func(l *Load) { l.CPUs = -1 },
		"65536 processors":          func(l *Load) { l.CPUs = 65536 },
		"257 partitions":            func(l *Load) { l.Partitions = make([]PartitionLoad, 257) },
		"NaN requests per second":   func(l *Load) { l.Partitions[1].Rate = math.NaN() },
		"-1 requests per second":    func(l *Load) { l.Partitions[2].Rate = -1 },
		"8 requests per second":     func(l *Load) { l.Partitions[1].Rate = 8 },
		"partition 16383 is there":  func(l *Load) { l.Partitions[2].P = 16383 },
		"5 keys are more":           func(l *Load) { l.Keys = make([]HotKey, 5) },
		"share of 1.1":              func(l *Load) { l.Keys[0].Share = 1.1 },
		"share of NaN":              func(l *Load) { l.Keys[1].Share = math.NaN() },
		"share of 0.7":              func(l *Load) { l.Keys[1].Share = 0.7 },
		"0 bytes of a key of 2":     func(l *Load) { l.Keys[0].Key = nil },
		"2 bytes of a key of 1":     func(l *Load) { l.Keys[0].Size = 1 },
		"65 bytes of a key of 1000": func(l *Load) { l.Keys[0] = HotKey{Key: make([]byte, 65), Size: 1000, Share: 1} },
	} {
		l := someLoad()
		spoil(&l)
		if err := l.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestTheLoadThatIsShownIsShort(t *testing.T) {
	l := someLoad()
	for i := range uint16(10) {
		l.Partitions = append(l.Partitions, PartitionLoad{P: 100 + i})
	}
	if shown := l.Shown(); len(shown.Partitions) != MaxShownPartitions || len(l.Partitions) != 13 || shown.Requests() != l.Requests() {
		t.Errorf("%+v of %+v", shown, l)
	}
}

func TestHotKeysInJSON(t *testing.T) {
	for key, want := range map[string]string{
		"größe\n": `{"value":"größe\n","size":9,"share":0.5}`,
		"\xff":    `{"base64":"/w==","size":9,"share":0.5}`,
	} {
		if got, err := json.Marshal(HotKey{Key: []byte(key), Size: 9, Share: 0.5}); err != nil || string(got) != want {
			t.Errorf("%s, %v", got, err)
		}
	}
}

// checkedLoad fails unless a Load is refused, or is what readers of it count on.
func checkedLoad(t *testing.T, l *Load) {
	t.Helper()
	if l.Check() != nil {
		return
	}
	sum := l.Requests() + l.CPU + l.In + l.Out
	for i, p := range l.Partitions {
		sum += p.Rate
		if i > 0 && p.Rate > l.Partitions[i-1].Rate {
			t.Fatalf("unsorted: %+v", l)
		}
	}
	for _, k := range l.Keys {
		sum += k.Share
		if len(k.Key) > k.Size || k.Share > 1 {
			t.Fatalf("%+v", l)
		}
	}
	if !(sum >= 0) || math.IsInf(sum, 0) || len(l.Partitions) > MaxHotPartitions || len(l.Keys) > MaxHotKeys {
		t.Fatalf("%+v", l)
	}
}
