package main

import (
	"errors"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// systemDir is where a service keeps its state: the packaged unit makes it.
const systemDir = "/var/lib/pikv"

// defaultDataDir is systemDir if this user may write there; else the user's own
// place for state, so that nobody needs root for a first try. "" when there is none.
func (m machine) defaultDataDir() string {
	if m.writable(systemDir) {
		return systemDir
	}
	if state := m.getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "pikv")
	}
	if home := m.getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "pikv")
	}
	return ""
}

// writable asks the system. A folder that is missing is as writable as the one
// that it would be made in.
func writable(dir string) bool {
	for {
		err := unix.Access(dir, unix.W_OK|unix.X_OK)
		if !errors.Is(err, fs.ErrNotExist) {
			return err == nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}
