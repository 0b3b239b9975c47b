package stage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// CopyPikvd copies the daemon that is to be measured into a folder of its own, and returns
// the copy's path and what removes it. All clusters of a run start the copy: who builds
// anew meanwhile must not have the rest of the run measure another program.
func CopyPikvd() (path string, remove func() error, err error) {
	from, err := findPikvd()
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "pikv-study-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the copy of pikvd: %w", err)
	}
	remove = func() error { return os.RemoveAll(dir) }
	path = filepath.Join(dir, "pikvd")
	if err := copyProgram(from, path); err != nil {
		return "", nil, errors.Join(fmt.Errorf("copy pikvd, to measure the same all the time: %w", err), remove())
	}
	return path, remove, nil
}

// copyProgram copies a file, and makes the copy executable.
func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// findPikvd returns the path of the daemon: it lies beside this program, or where the
// system looks for programs.
func findPikvd() (string, error) {
	own, err := os.Executable()
	if err == nil {
		beside := filepath.Join(filepath.Dir(own), "pikvd")
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath("pikvd")
	if err != nil {
		return "", fmt.Errorf("find pikvd, which is to be measured: it is neither beside %s nor in PATH: `make build` makes both", own)
	}
	return filepath.Abs(path)
}
