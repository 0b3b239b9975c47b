package power

import (
	"errors"
	"strings"
	"testing"
)

func TestMachinesAreWhole(t *testing.T) {
	seen := make(map[string]bool)
	for _, m := range Machines() {
		if m.Model == "" || seen[m.Model] {
			t.Errorf("%q is there twice, or has no name", m.Model)
		}
		seen[m.Model] = true
		if m.Sources == "" || m.Arch == "" {
			t.Errorf("%s has no source or no architecture", m.Model)
		}
		if m.IdleWatts > m.LoadWatts || m.LoadWatts == 0 {
			t.Errorf("%s draws %g W idle and %g W busy", m.Model, m.IdleWatts, m.LoadWatts)
		}
		if (m.Price == 0) != (m.PriceDate == "") {
			t.Errorf("%s costs %g in %q: a price has a date", m.Model, m.Price, m.PriceDate)
		}
		if m.WattsAt != "wall" && (m.WattsAt != "board" || m.Supply == "") {
			t.Errorf("%s: watts at %q with supply %q", m.Model, m.WattsAt, m.Supply)
		}
		for _, part := range []string{m.Supply, m.Card} {
			if part != "" {
				partNamed(part) // panics if there is none
			}
		}
		if found, err := Lookup(m.Model); err != nil || found != m {
			t.Errorf("Lookup(%q) = %q, %v", m.Model, found.Model, err)
		}
	}
	if len(seen) < 13 {
		t.Errorf("%d machines", len(seen))
	}
}

func TestPartsAreWhole(t *testing.T) {
	var before float64
	for _, p := range Parts() {
		if p.Sources == "" || p.Price == 0 || p.PriceDate == "" {
			t.Errorf("%s: price %g of %q, sources %q", p.Name, p.Price, p.PriceDate, p.Sources)
		}
		if p.Efficiency > 1 || p.Ports > 0 && (p.Watts == 0 || p.Mbit <= before || p.Ports < 3) {
			t.Errorf("%+v is no part, or out of order", p)
		}
		before = p.Mbit
	}
}

func TestLookup(t *testing.T) {
	for _, c := range []struct {
		name   string
		memory int
		want   string
	}{
		{"Raspberry Pi 2B", 0, "Raspberry Pi 2B"},
		{"raspberry pi 2b", 0, "Raspberry Pi 2B"},
		{"Pi 2B", 0, "Raspberry Pi 2B"},
		{"pi-2b", 0, "Raspberry Pi 2B"},
		{"2B", 0, "Raspberry Pi 2B"},
		{"Raspberry Pi 2 Model B Rev 1.1", 0, "Raspberry Pi 2B"},
		{"Raspberry Pi 3 Model B Plus Rev 1.3", 0, "Raspberry Pi 3B+"},
		{"Raspberry Pi 3 Model B Rev 1.2", 0, "Raspberry Pi 3B"},
		{"Raspberry Pi Zero 2 W Rev 1.0", 0, "Raspberry Pi Zero 2 W"},
		{"Raspberry Pi 4 Model B Rev 1.4", 7600, "Raspberry Pi 4B 8GB"},
		{"Raspberry Pi 4 Model B Rev 1.1", 900, "Raspberry Pi 4B 1GB"},
		{"Pi 4B 8GB", 900, "Raspberry Pi 4B 8GB"},
		{"Intel N100 (LattePanda Mu)", 0, "Intel N100 (LattePanda Mu)"},
	} {
		m, err := LookupSized(c.name, c.memory)
		if err != nil || m.Model != c.want {
			t.Errorf("LookupSized(%q, %d) = %q, %v; want %q", c.name, c.memory, m.Model, err, c.want)
		}
	}
}

func TestLookupListsTheModels(t *testing.T) {
	for _, name := range []string{"Raspberry Pi 9", "", "Xeon", "Raspberry Pi"} {
		_, err := Lookup(name)
		if !errors.Is(err, ErrUnknownModel) {
			t.Fatalf("Lookup(%q) fails with %v", name, err)
		}
		for _, m := range Machines() {
			if !strings.Contains(err.Error(), m.Model) {
				t.Errorf("Lookup(%q): the error does not list %s: %v", name, m.Model, err)
			}
		}
	}
	_, err := Lookup("Pi 4B")
	if !errors.Is(err, ErrUnknownModel) || !strings.Contains(err.Error(), "Raspberry Pi 4B 1GB, Raspberry Pi 4B 8GB") ||
		strings.Contains(err.Error(), "Zero") {
		t.Errorf("a name with two meanings fails with %v", err)
	}
}
