package master

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
)

// The steps at which faultyDisk can fail.
const (
	stepCreate  = "create"
	stepWrite   = "write"
	stepSync    = "sync"
	stepClose   = "close"
	stepRename  = "rename"
	stepSyncDir = "syncdir"
)

var steps = []string{stepCreate, stepWrite, stepSync, stepClose, stepRename, stepSyncDir}

var errInjected = errors.New("injected")

// faultyDisk is the machine's file system with failures in between.
type faultyDisk struct {
	osDisk
	mu    sync.Mutex
	fail  map[string]error // by step; the step is not done
	after func(step string)
	done  []string
}

func newFaultyDisk() *faultyDisk { return &faultyDisk{fail: make(map[string]error)} }

// set lets step fail with err from now on; nil heals it.
func (d *faultyDisk) set(step string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fail[step] = err
}

// do runs one step, or lets it fail.
func (d *faultyDisk) do(step string, f func() error) error {
	d.mu.Lock()
	err, after := d.fail[step], d.after
	d.done = append(d.done, step)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	err = f()
	if after != nil {
		after(step)
	}
	return err
}

func (d *faultyDisk) Create(path string) (f diskFile, err error) {
	err = d.do(stepCreate, func() error {
		f, err = d.osDisk.Create(path)
		return err
	})
	return &faultyFile{f, d}, err
}

func (d *faultyDisk) Rename(from, to string) error {
	return d.do(stepRename, func() error { return d.osDisk.Rename(from, to) })
}

func (d *faultyDisk) SyncDir(dir string) error {
	return d.do(stepSyncDir, func() error { return d.osDisk.SyncDir(dir) })
}

type faultyFile struct {
	diskFile
	disk *faultyDisk
}

// Write leaves half of the data behind when it fails, as a full disk does.
func (f *faultyFile) Write(p []byte) (n int, err error) {
	err = f.disk.do(stepWrite, func() error {
		n, err = f.diskFile.Write(p)
		return err
	})
	if err != nil && n == 0 {
		n, _ = f.diskFile.Write(p[:len(p)/2])
	}
	return n, err
}

func (f *faultyFile) Sync() error { return f.disk.do(stepSync, f.diskFile.Sync) }

func (f *faultyFile) Close() error {
	err := f.disk.do(stepClose, f.diskFile.Close)
	if err != nil {
		_ = f.diskFile.Close()
	}
	return err
}

var errDiskFull = fmt.Errorf("write: %w", syscall.ENOSPC)
