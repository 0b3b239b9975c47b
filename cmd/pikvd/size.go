package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// units are the suffixes of sizes: powers of ten as disks and networks count,
// powers of two with an i as memory does. A bare K, M or G is refused, since
// people disagree on which of the two it means.
var units = map[string]float64{
	"": 1, "b": 1,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

var errSize = errors.New("want a size such as 512MB, 1.5GiB or 4096 (bytes)")

// parseSize reads a number of bytes: a decimal number and a unit in any case.
func parseSize(text string) (int64, error) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, known := units[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	if !known {
		return 0, fmt.Errorf("%q has an unknown unit: %w", text, errSize)
	}
	number, err := parseNumber(digits)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size: %w", text, errSize)
	}
	bytes := number * unit
	if bytes >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too large: %w", text, errSize)
	}
	return int64(bytes), nil
}

// parseMemory reads a size, or a percentage of ram (0 when unknown).
func parseMemory(text string, ram int64) (int64, error) {
	percent, isPercent := strings.CutSuffix(text, "%")
	if !isPercent {
		return parseSize(text)
	}
	number, err := parseNumber(strings.TrimSpace(percent))
	if err != nil || number > 100 {
		return 0, fmt.Errorf("%q is not a percentage from 0%% to 100%%", text)
	}
	if ram == 0 {
		return 0, fmt.Errorf("%q: this machine does not tell how much RAM it has; give a size such as 512MB", text)
	}
	return int64(float64(ram) * number / 100), nil
}

// parseNumber reads a decimal number that is not negative, without the
// exponents, signs and infinities that ParseFloat takes.
func parseNumber(text string) (float64, error) {
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(text, 64)
}

// formatSize writes a size as people read it; it rounds.
func formatSize(bytes int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if bytes >= u.size {
			return strconv.FormatFloat(math.Round(float64(bytes)/float64(u.size)*10)/10, 'f', -1, 64) + " " + u.name
		}
	}
	return strconv.FormatInt(bytes, 10) + " B"
}
