package wire

import (
	"encoding/json"
	"fmt"
	"math"
	"unicode/utf8"
)

// Load is what clients ask of a worker, and what that takes. All figures are means
// over the last seconds. A request is for one key: a call for ten keys is ten. The zero
// value is a worker that nobody asks for anything.
type Load struct {
	Reads   float64 `codec:"reads,omitempty" json:"reads_per_second"`
	Writes  float64 `codec:"writes,omitempty" json:"writes_per_second"` // puts and all updates
	Deletes float64 `codec:"dels,omitempty" json:"deletes_per_second"`
	CPU     float64 `codec:"cpu,omitempty" json:"cpu"`                  // processors that the process keeps busy
	CPUs    int     `codec:"cpus,omitempty" json:"cpus"`                // that it may use
	In      float64 `codec:"in,omitempty" json:"in_bytes_per_second"`   // of the network interface with the advertised address; 0 when it is not known, or the loopback's
	Out     float64 `codec:"out,omitempty" json:"out_bytes_per_second"` // likewise
	// Partitions are those with the most requests, and Keys the hottest keys, largest
	// first: at most MaxHotPartitions and MaxHotKeys.
	Partitions []PartitionLoad `codec:"parts,omitempty" json:"hot_partitions,omitempty"`
	Keys       []HotKey        `codec:"keys,omitempty" json:"hot_keys,omitempty"`
}

// PartitionLoad is a partition's part of a Load.
type PartitionLoad struct {
	P    uint16  `codec:"p" json:"partition"`
	Rate float64 `codec:"r" json:"requests_per_second"`
}

// HotKey is a key that many requests are for.
type HotKey struct {
	Key   []byte  `codec:"k"` // its first bytes, at most MaxHotKey
	Size  int     `codec:"n"` // how many it has
	Share float64 `codec:"s"` // of the worker's requests, at least: 0 to 1
}

// MarshalJSON writes the key as text or, when it is none, as base64.
func (k HotKey) MarshalJSON() ([]byte, error) {
	out := struct {
		Value  *string `json:"value,omitempty"`
		Base64 []byte  `json:"base64,omitempty"`
		Size   int     `json:"size"`
		Share  float64 `json:"share"`
	}{Size: k.Size, Share: k.Share}
	if text := string(k.Key); utf8.ValidString(text) {
		out.Value = &text
	} else {
		out.Base64 = k.Key
	}
	return json.Marshal(out)
}

// Bounds of a Load.
const (
	MaxHotPartitions = 256
	MaxHotKeys       = 4
	// MaxShownPartitions is how many of the partitions the list of the members has.
	MaxShownPartitions = 8
	MaxHotKey          = 64 // bytes
	maxRate            = 1e15
)

// Requests is how many there are in a second, of all kinds.
func (l Load) Requests() float64 { return l.Reads + l.Writes + l.Deletes }

// Shown returns the Load as the list of the members has it.
func (l Load) Shown() Load {
	shown := l
	shown.Partitions = l.Partitions[:min(len(l.Partitions), MaxShownPartitions)]
	return shown
}

// Check returns why a Load that came over the network cannot be believed. That its
// partitions are the cluster's is for the caller to say.
func (l *Load) Check() error {
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"reads", l.Reads}, {"writes", l.Writes}, {"deletes", l.Deletes}, {"cpu", l.CPU}, {"bytes in", l.In}, {"bytes out", l.Out},
	} {
		if !within(f.value, maxRate) {
			return fmt.Errorf("load: %s of %v are not within 0 and %v", f.name, f.value, maxRate)
		}
	}
	if l.CPUs < 0 || l.CPUs > math.MaxUint16 {
		return fmt.Errorf("load: %d processors are not within 0 and %d", l.CPUs, math.MaxUint16)
	}
	if err := l.checkPartitions(); err != nil {
		return err
	}
	return l.checkKeys()
}

func (l *Load) checkPartitions() error {
	if len(l.Partitions) > MaxHotPartitions {
		return fmt.Errorf("load: %d partitions are more than %d", len(l.Partitions), MaxHotPartitions)
	}
	seen := make(map[uint16]bool, len(l.Partitions))
	most := maxRate
	for _, p := range l.Partitions {
		if !within(p.Rate, most) {
			return fmt.Errorf("load: %v requests per second of partition %d are below 0, or more than those before it", p.Rate, p.P)
		}
		if seen[p.P] {
			return fmt.Errorf("load: partition %d is there twice", p.P)
		}
		seen[p.P], most = true, p.Rate
	}
	return nil
}

func (l *Load) checkKeys() error {
	if len(l.Keys) > MaxHotKeys {
		return fmt.Errorf("load: %d keys are more than %d", len(l.Keys), MaxHotKeys)
	}
	most := 1.0
	for _, k := range l.Keys {
		switch {
		case !within(k.Share, most):
			return fmt.Errorf("load: a key's share of %v is not within 0 and 1, or more than that before it", k.Share)
		case len(k.Key) == 0 || len(k.Key) > MaxHotKey || k.Size < len(k.Key):
			return fmt.Errorf("load: %d bytes of a key of %d: not within 1 and %d, or more than it has", len(k.Key), k.Size, MaxHotKey)
		}
		most = k.Share
	}
	return nil
}

// within reports whether v is a number from 0 to most.
func within(v, most float64) bool { return v >= 0 && v <= most } // and so not NaN
