package autoscale

import (
	"fmt"
	"strconv"
	"strings"
)

// String spells the mode as --autoscale does.
func (m Mode) String() string {
	switch m {
	case Off:
		return "off"
	case Advise:
		return "advise"
	case On:
		return "on"
	default:
		return "mode-" + strconv.Itoa(int(m))
	}
}

// ParseMode reads what String has written.
func ParseMode(s string) (Mode, error) {
	for m := Off; m <= On; m++ {
		if s == m.String() {
			return m, nil
		}
	}
	return Off, fmt.Errorf("%q is none of off, advise, on: %w", s, ErrPolicy)
}

// ParsePercent reads marks in percent, "60:75", as shares.
func ParsePercent(s string) (Marks, error) {
	m, err := ParseMarks(s)
	return Marks{m.Low / 100, m.High / 100}, err
}

// ParseMarks reads marks as they are, "500:2000". Whether they make sense
// together is for Validate to say.
func ParseMarks(s string) (Marks, error) {
	low, high, found := strings.Cut(s, ":")
	var m Marks
	var errLow, errHigh error
	m.Low, errLow = strconv.ParseFloat(strings.TrimSpace(low), 64)
	m.High, errHigh = strconv.ParseFloat(strings.TrimSpace(high), 64)
	if !found || errLow != nil || errHigh != nil {
		return Marks{}, fmt.Errorf("%q is not LOW:HIGH: %w", s, ErrPolicy)
	}
	return m, nil
}
