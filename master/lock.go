package master

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrDataDirInUse is returned by Start when another process has the data
// directory.
var ErrDataDirInUse = errors.New("data directory in use")

// dirLock keeps a second master of the cluster away from the data directory.
// The kernel drops it with the process, however that ends, so that none is
// ever left behind; the empty file stays.
type dirLock struct{ file *os.File }

// lockDataDir makes dir when it is missing, and takes the lock of cluster's
// register in it.
func lockDataDir(dir, cluster string) (*dirLock, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	path := filepath.Join(dir, fileName(cluster)+".lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: another master of cluster %q runs on %s", ErrDataDirInUse, cluster, dir)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &dirLock{file: f}, nil
}

// release gives the directory free.
func (l *dirLock) release() error { return l.file.Close() }
