package power

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrUnknownModel is returned when the table has no such machine, or several
// that the name may mean.
var ErrUnknownModel = errors.New("unknown model")

// A Machine is a line of the table of machines. A figure of 0, and a name of "",
// is one that the sources do not have.
type Machine struct {
	Model  string
	Arch   string // armv6, armv7, arm64 or amd64
	Cores  int
	MHz    int // of one core at full load
	Memory int // MB
	// NICMbit is what a TCP stream gets through the network interface, in
	// Mbit/s; not the number on the box.
	NICMbit float64

	SpecWatts float64 // busy, by the maker
	IdleWatts float64 // measured
	LoadWatts float64 // measured, all cores busy
	// WattsAt says where: "wall", or "board" for between the supply and the
	// board, so that the supply's losses are to be added.
	WattsAt string

	Price     float64 // US dollars, the machine alone
	PriceDate string  // the year
	// CoreSpeed is what one core does in a second, where 1 is what a Xeon core
	// at 2.8 GHz does. It is an estimate.
	CoreSpeed float64

	Supply, Card string // what it needs beside it: names of parts
	Sources      string
	Note         string
}

//go:embed machines.csv
var machinesCSV string

// Machines returns the table, smallest machines first. The slice is the
// caller's.
func Machines() []Machine {
	rows := readTable("machines.csv", machinesCSV)
	machines := make([]Machine, len(rows))
	for i, r := range rows {
		machines[i] = Machine{
			Model: r.text("model"), Arch: r.text("arch"), Cores: r.whole("cores"), MHz: r.whole("mhz"),
			Memory: r.whole("memory_mb"), NICMbit: r.number("nic_mbit"),
			SpecWatts: r.number("spec_w"), IdleWatts: r.number("idle_w"), LoadWatts: r.number("load_w"), WattsAt: r.text("watts_at"),
			Price: r.number("price_usd"), PriceDate: r.text("price_date"), CoreSpeed: r.number("core_speed"),
			Supply: r.text("supply"), Card: r.text("card"), Sources: r.text("sources"), Note: r.text("note"),
		}
	}
	return machines
}

// Lookup finds a machine by its name. Capitals, spaces and punctuation do not
// matter, and a Pi may go by "Pi 2B", "2B" or what it says of itself ("Raspberry
// Pi 2 Model B Rev 1.1"). The error lists the models that there are.
func Lookup(model string) (Machine, error) { return LookupSized(model, 0) }

// LookupSized is Lookup for a machine whose memory is known, in MB: of models
// that differ in their memory alone it takes the one that is closest.
func LookupSized(model string, memory int) (Machine, error) {
	machines := Machines()
	want := plainName(model)
	var found []Machine
	for _, m := range machines {
		switch name := plainName(m.Model); {
		case want == "":
		case name == want:
			return m, nil
		case strings.HasPrefix(m.Model, "Raspberry Pi") && sizeless(m.Model) == want:
			found = append(found, m)
		}
	}
	switch {
	case len(found) == 1 || len(found) > 1 && memory > 0:
		return slices.MinFunc(found, func(a, b Machine) int { return distance(a.Memory, memory) - distance(b.Memory, memory) }), nil
	case len(found) > 1:
		return Machine{}, fmt.Errorf("%w %q: say which of %s", ErrUnknownModel, model, namesOf(found))
	default:
		return Machine{}, fmt.Errorf("%w %q: there are %s", ErrUnknownModel, model, namesOf(machines))
	}
}

// plainName is what is compared of two names.
func plainName(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), " rev ")
	name = strings.NewReplacer(" model ", " ", " plus", "+").Replace(name)
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, name)
	for _, brand := range []string{"raspberrypi", "pi"} {
		if rest, ok := strings.CutPrefix(name, brand); ok {
			return rest
		}
	}
	return name
}

// sizeless is plainName without the memory at its end ("4B 8GB").
func sizeless(name string) string {
	if i := strings.LastIndexByte(name, ' '); i > 0 && strings.HasSuffix(name, "GB") {
		name = name[:i]
	}
	return plainName(name)
}

func distance(a, b int) int { return max(a-b, b-a) }

func namesOf(machines []Machine) string {
	names := make([]string, len(machines))
	for i, m := range machines {
		names[i] = m.Model
	}
	return strings.Join(names, ", ")
}
