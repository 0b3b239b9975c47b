package master

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
)

// The steps at which faultyDisk can fail.
const (
	stepOpen    = "open"
	stepCreate  = "create"
	stepWrite   = "write"
	stepSync    = "sync"
	stepRename  = "rename"
	stepSyncDir = "syncdir"
)

// The steps of a save that makes the file, and of one that writes in place.
var (
	createSteps  = []string{stepCreate, stepWrite, stepSync, stepRename, stepSyncDir}
	inPlaceSteps = []string{stepOpen, stepWrite, stepSync}
)

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

func (d *faultyDisk) Create(path string) (diskFile, error) {
	return d.open(stepCreate, path, d.osDisk.Create)
}

func (d *faultyDisk) Open(path string) (diskFile, error) {
	return d.open(stepOpen, path, d.osDisk.Open)
}

func (d *faultyDisk) open(step, path string, open func(string) (diskFile, error)) (f diskFile, err error) {
	err = d.do(step, func() error {
		f, err = open(path)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &faultyFile{f, d}, nil
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

// WriteAt leaves half of the data behind when it fails, as a full disk or the
// end of the process does: these stop between two pages of the system's cache.
func (f *faultyFile) WriteAt(p []byte, at int64) (n int, err error) {
	err = f.disk.do(stepWrite, func() error {
		n, err = f.diskFile.WriteAt(p, at)
		return err
	})
	if err != nil && n == 0 {
		n, _ = f.diskFile.WriteAt(wholeBlocks(p, len(p)/2), at)
	}
	return n, err
}

// wholeBlocks returns the blocks among the first n bytes of p.
func wholeBlocks(p []byte, n int) []byte { return p[:n-n%blockSize] }

func (f *faultyFile) Sync() error { return f.disk.do(stepSync, f.diskFile.Sync) }

var errDiskFull = fmt.Errorf("write: %w", syscall.ENOSPC)

// paperDisk is a disk with a cache: what is not synced is lost in a power cut,
// or not, block by block and name by name. Not safe for concurrent use.
type paperDisk struct {
	rand  *rand.Rand
	names map[string]*paperFile // as programs see them
	kept  map[string]*paperFile // as they are on the disk
	left  int                   // steps until the power fails; below 0: never
}

// paperFile is a file's content: what programs see, and what is on the disk.
type paperFile struct{ seen, kept []byte }

var errPowerCut = errors.New("power cut")

func newPaperDisk(r *rand.Rand) *paperDisk {
	return &paperDisk{rand: r, names: make(map[string]*paperFile), kept: make(map[string]*paperFile), left: -1}
}

// step counts one that reaches the disk and fails when the power does.
func (d *paperDisk) step() error {
	if d.left == 0 {
		return errPowerCut
	}
	d.left--
	return nil
}

// restart is what the next start finds after a power cut: of all that was not
// synced, any part.
func (d *paperDisk) restart() {
	both := slices.AppendSeq(slices.Collect(maps.Keys(d.names)), maps.Keys(d.kept))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(both))) {
		if d.rand.IntN(2) == 0 {
			d.kept[name] = d.names[name] // the change of the name was written
		}
		if d.kept[name] == nil {
			delete(d.kept, name)
		}
	}
	d.names = make(map[string]*paperFile)
	for _, name := range slices.Sorted(maps.Keys(d.kept)) {
		f := d.kept[name]
		if len(f.seen) > len(f.kept) && d.rand.IntN(2) == 0 {
			f.kept = append(f.kept, make([]byte, len(f.seen)-len(f.kept))...)
		}
		for at := 0; at < min(len(f.seen), len(f.kept)); at += blockSize {
			if d.rand.IntN(2) == 0 {
				copy(f.kept[at:], f.seen[at:min(at+blockSize, len(f.seen))])
			}
		}
		f.seen = slices.Clone(f.kept)
		d.names[name] = f
	}
	d.left = -1
}

func (d *paperDisk) Read(path string, limit int) ([]byte, error) {
	f := d.names[path]
	if f == nil {
		return nil, os.ErrNotExist
	}
	if len(f.seen) > limit {
		return nil, errors.New("too long")
	}
	return slices.Clone(f.seen), nil
}

func (d *paperDisk) Create(path string) (diskFile, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	d.names[path] = &paperFile{}
	return &paperHandle{d, d.names[path]}, nil
}

func (d *paperDisk) Open(path string) (diskFile, error) {
	if d.names[path] == nil {
		return nil, os.ErrNotExist
	}
	return &paperHandle{d, d.names[path]}, nil
}

func (d *paperDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *paperDisk) SyncDir(string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.kept = maps.Clone(d.names)
	return nil
}

type paperHandle struct {
	disk *paperDisk
	file *paperFile
}

// WriteAt writes a random part when the power fails meanwhile.
func (h *paperHandle) WriteAt(p []byte, at int64) (int, error) {
	err := h.disk.step()
	if err != nil {
		p = wholeBlocks(p, h.disk.rand.IntN(len(p)))
	}
	if grow := int(at) + len(p) - len(h.file.seen); grow > 0 {
		h.file.seen = append(h.file.seen, make([]byte, grow)...)
	}
	return copy(h.file.seen[at:], p), err
}

func (h *paperHandle) Sync() error {
	if err := h.disk.step(); err != nil {
		return err
	}
	h.file.kept = slices.Clone(h.file.seen)
	return nil
}

func (h *paperHandle) At(path string) bool { return h.disk.names[path] == h.file }

func (h *paperHandle) Close() error { return nil }
