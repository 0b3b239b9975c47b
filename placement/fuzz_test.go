package placement

import (
	"errors"
	"slices"
	"testing"
)

// fuzzSeeds adds encodings of the package and bytes that are nearly some.
func fuzzSeeds(f *testing.F) {
	v := &View{
		Cluster: "fuzz", MasterID: 7, Epoch: 1 << 40, Replicas: 2,
		Nodes: []Node{testNode("w1", NodeActive), testNode("w2", NodeDraining)},
		Partitions: []Partition{
			{Epoch: 3, Primary: '1', InSync: []Incarnation{'1', '2'}},
			{Epoch: 1 << 40, Primary: '2', InSync: []Incarnation{'2'}, Learners: []Incarnation{'1'}},
		},
	}
	for _, b := range [][]byte{
		EncodeView(v),
		EncodeDelta(v.Since(0)),
		EncodeDelta(v.Since(5)),
		EncodeConfigurations(v.Partitions),
		EncodeChanges([]Change{{HandOver, 1, 9, '1', '2'}, {Drop, 0, 1 << 50, '2', '1'}}),
		{0x81, 0xa5, 'n', 'o', 'd', 'e', 's', 0xdd, 0xff, 0xff, 0xff, 0xff},
		{0x81, 0xa1, 'x', 0xc7, 1, 2, 3},
		{0xde, 0, 1, 0xa0, 0x91, 0x91, 0x91},
		{},
	} {
		f.Add(b)
	}
}

// checkDecoded fails unless an error wraps ErrInvalid.
func checkDecoded(t *testing.T, err error) bool {
	if err != nil && !errors.Is(err, ErrInvalid) {
		t.Fatalf("an error of another kind: %v", err)
	}
	return err == nil
}

func FuzzDecodeView(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := DecodeView(b)
		if !checkDecoded(t, err) {
			return
		}
		if err := v.Validate(); err != nil {
			t.Fatal(err)
		}
		again, err := DecodeView(EncodeView(v))
		if err != nil || !equalViews(again, v) {
			t.Fatalf("%v came back as %v, %v", v, again, err)
		}
	})
}

func FuzzDecodeDelta(f *testing.F) {
	fuzzSeeds(f)
	held := &View{
		Cluster: "fuzz", MasterID: 7, Epoch: 5, Replicas: 2,
		Nodes: []Node{testNode("w1", NodeActive), testNode("w2", NodeDraining)},
		Partitions: []Partition{
			{Epoch: 3, Primary: '1', InSync: []Incarnation{'1', '2'}},
			{Epoch: 5, Primary: '2', InSync: []Incarnation{'2'}},
		},
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := DecodeDelta(b)
		if !checkDecoded(t, err) {
			return
		}
		for _, from := range []*View{nil, held} {
			if v, err := from.Apply(d); err == nil && v.Validate() != nil {
				t.Fatalf("%v made %v", d, v)
			}
		}
	})
}

func FuzzDecodeConfigurations(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		configs, err := DecodeConfigurations(b)
		if !checkDecoded(t, err) {
			return
		}
		again, err := DecodeConfigurations(EncodeConfigurations(configs))
		if err != nil || !slices.EqualFunc(again, configs, equalPartitions) {
			t.Fatalf("%v became %v: %v", configs, again, err)
		}
	})
}

func FuzzDecodeChanges(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		changes, err := DecodeChanges(b)
		if !checkDecoded(t, err) {
			return
		}
		v := &View{
			Cluster: "fuzz", MasterID: 7, Epoch: 9, Replicas: 1,
			Nodes:      []Node{testNode("w1", NodeActive), testNode("w2", NodeActive)},
			Partitions: []Partition{{Epoch: 9, Primary: '1', InSync: []Incarnation{'1'}}},
		}
		if next, _ := v.Next(changes); next != nil && next.Validate() != nil {
			t.Fatalf("%v made %v", changes, next)
		}
	})
}

// FuzzShape compares the look over the bytes with the decoders: what the look
// refuses for its form, none of them is given.
func FuzzShape(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		refused := checkShape(b) != nil
		for name, decode := range decoders {
			if err := decode(b); refused && err == nil {
				t.Fatalf("%s took what checkShape refuses", name)
			}
		}
	})
}
