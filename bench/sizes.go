package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// Sizes are the sizes of values in bytes: each from Least to Most is as likely.
type Sizes struct{ Least, Most int }

// ParseSizes reads one size, "128", or a range of them, "64-192".
func ParseSizes(text string) (Sizes, error) {
	least, most, isRange := strings.Cut(text, "-")
	if !isRange {
		most = least
	}
	var s Sizes
	for _, part := range []struct {
		text string
		to   *int
	}{{least, &s.Least}, {most, &s.Most}} {
		n, err := strconv.ParseUint(part.text, 10, 31)
		if err != nil {
			return Sizes{}, fmt.Errorf("%q is neither a number of bytes nor a range such as 64-192", text)
		}
		*part.to = int(n)
	}
	if s.Least > s.Most {
		return Sizes{}, fmt.Errorf("%q has its ends the wrong way round", text)
	}
	return s, nil
}

// String is what ParseSizes reads.
func (s Sizes) String() string {
	if s.Least == s.Most {
		return strconv.Itoa(s.Least)
	}
	return fmt.Sprintf("%d-%d", s.Least, s.Most)
}
