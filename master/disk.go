package master

import (
	"fmt"
	"io"
	"os"
)

// disk is the file system as the view's file needs it: one method for every
// step that can fail, or after which a crash leaves something different
// behind. Tests put failures in between.
type disk interface {
	// Create opens path for writing, emptied when it exists.
	Create(path string) (diskFile, error)
	Rename(from, to string) error
	// SyncDir makes what happened to the names in dir durable.
	SyncDir(dir string) error
}

// diskFile is a file that is being written.
type diskFile interface {
	io.Writer
	// Sync makes what was written durable.
	Sync() error
	Close() error
}

// osDisk is the machine's file system.
type osDisk struct{}

var _ disk = osDisk{}

// Create opens path so that only the node's own user can read it.
func (osDisk) Create(path string) (diskFile, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		_ = d.Close() // nothing was written through it
		return err
	}
	return d.Close()
}

// readBounded reads a whole file of at most limit bytes.
func readBounded(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written through it
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, fmt.Errorf("longer than %d bytes", limit)
	}
	return data, nil
}
