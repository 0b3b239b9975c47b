//go:build !linux

package proc

import (
	"errors"
	"time"
)

// CPU returns an error: only Linux has the clock of another process.
func CPU(int) (time.Duration, error) { return 0, errors.ErrUnsupported }
