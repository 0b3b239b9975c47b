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
	// Read returns the content of a file of at most limit bytes.
	Read(path string, limit int) ([]byte, error)
	// Create opens path for writing, emptied when it exists.
	Create(path string) (diskFile, error)
	// Open opens an existing file for writing in place.
	Open(path string) (diskFile, error)
	Rename(from, to string) error
	// SyncDir makes what happened to the names in dir durable.
	SyncDir(dir string) error
}

// diskFile is a file that is being written.
type diskFile interface {
	io.WriterAt
	// Sync makes what was written durable, and all that it takes to find it.
	// It need not make the times durable that the file system notes.
	Sync() error
	// At reports whether path still leads to this file, which somebody may
	// have removed or replaced meanwhile.
	At(path string) bool
	Close() error
}

// osDisk is the machine's file system.
type osDisk struct{}

var _ disk = osDisk{}

// Read reads the whole file.
func (osDisk) Read(path string, limit int) ([]byte, error) {
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

// Create opens path so that only the node's own user can read it.
func (osDisk) Create(path string) (diskFile, error) {
	return openFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
}

func (osDisk) Open(path string) (diskFile, error) { return openFile(path, os.O_WRONLY) }

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

// osFile is a file of the machine.
type osFile struct{ *os.File }

func openFile(path string, flags int) (diskFile, error) {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Sync is the system's fdatasync where there is one: a file that is written in
// place then takes no write of the file system's journal.
func (f osFile) Sync() error { return datasync(f.File) }

func (f osFile) At(path string) bool {
	there, err := os.Stat(path)
	if err != nil {
		return false
	}
	here, err := f.Stat()
	return err == nil && os.SameFile(there, here)
}
