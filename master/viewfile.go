package master

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"pikv/register"
)

// ErrDiskFailed is wrapped by what Failed delivers, and by every change asked
// for afterwards: nobody knows what the disk holds, so nothing may be
// published any more. A restart reads what is there.
var ErrDiskFailed = errors.New("disk failed")

// ErrBadFile is returned by Start when the view's file cannot be used.
var ErrBadFile = errors.New("unusable view file")

// viewFile is the register's State on disk: see slots.go for what is in it.
// Not safe for concurrent use.
type viewFile struct {
	disk    disk
	dir     string
	cluster string

	file    diskFile // open for writing in place; nil until there is one
	blocks  int      // of a slot
	slot    int      // that holds the State in force
	written uint64   // the highest number that was used for a State
}

// path is where the State is.
func (f *viewFile) path() string { return filepath.Join(f.dir, fileName(f.cluster)+".pikv") }

// load returns the State on disk, or an empty one when there is no file. A
// file that cannot be used is an error that wraps ErrBadFile.
//
// The State that was read must be saved before it is shown to anybody: after a
// sync that failed, the system may have read what is not on the disk.
func (f *viewFile) load() (*register.State, error) {
	data, err := f.disk.Read(f.path(), maxFileSize)
	if errors.Is(err, os.ErrNotExist) {
		return &register.State{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: read %s: %w", ErrBadFile, f.path(), err)
	}
	s, err := f.decode(data)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, errFileNewer):
		return nil, fmt.Errorf("%w: %s: %w; upgrade this master, or start it with --recover to set the file aside and ask the workers instead", ErrBadFile, f.path(), err)
	default:
		return nil, fmt.Errorf("%w: %s: %w; put back a good copy, or move the file away to have the workers asked instead; --recover does that, and does not wait for workers that are missing", ErrBadFile, f.path(), err)
	}
}

// decode reads the file's content. The format of pikv before slots, a State
// alone, is read too; the next save replaces it.
func (f *viewFile) decode(data []byte) (*register.State, error) {
	if bytes.HasPrefix(data, []byte(fileMagic)) {
		return decodeState(data, f.cluster)
	}
	found, err := decodeFile(data)
	if err != nil {
		return nil, err
	}
	s, err := decodeState(found.state, f.cluster)
	if err != nil {
		return nil, err
	}
	f.blocks, f.slot, f.written = found.blocks, found.slot, found.written
	return s, nil
}

// save makes s durable: it is written over the State before the one in force,
// and synced. Until the sync is done the State in force is whole in the other
// slot. The first save makes a new file, and so does one that finds no room in a
// slot, or that somebody has removed the file.
//
// An error that does not wrap ErrDiskFailed leaves the old State in force, and
// to save may be tried again (a full disk may have room later). After a failed
// sync it may not: the kernel may have dropped what was written, and a second
// sync would not tell.
func (f *viewFile) save(s *register.State) error {
	data, err := encodeState(s)
	if err != nil {
		return err
	}
	f.written++ // also when this fails: no two attempts share a number
	if f.file == nil && f.blocks > 0 {
		if f.file, err = f.disk.Open(f.path()); err != nil {
			return fmt.Errorf("open the view's file: %w", err)
		}
	}
	if f.blocks < blocksOf(len(data)) || !f.file.At(f.path()) {
		return f.create(data)
	}
	slot := 1 - f.slot
	at := int64(1+slot*f.blocks) * blockSize
	if _, err := f.file.WriteAt(encodeSlot(f.written, data), at); err != nil {
		return fmt.Errorf("write the view's file: %w", err)
	}
	if err := f.file.Sync(); err != nil {
		return fmt.Errorf("%w: sync %s: %w", ErrDiskFailed, f.path(), err)
	}
	f.slot = slot
	return nil
}

// create makes a new file with room for states of that length and more: write
// it beside the old one, sync it, rename it, sync the directory.
func (f *viewFile) create(state []byte) error {
	temp, blocks := f.path()+".new", slotsFor(len(state))
	file, err := f.disk.Create(temp)
	if err != nil {
		return fmt.Errorf("create the view's file: %w", err)
	}
	if _, err := file.WriteAt(encodeFile(blocks, f.written, state), 0); err != nil {
		_ = file.Close() // the write's error says more
		return fmt.Errorf("write the view's file: %w", err)
	}
	if err := f.install(file, temp); err != nil {
		_ = file.Close() // the error at hand says more
		return err
	}
	_ = f.close() // the old file, which has no name any more
	f.file, f.blocks, f.slot = file, blocks, 0
	return nil
}

// install makes the new file durable and puts it in the place of the old one.
func (f *viewFile) install(file diskFile, temp string) error {
	if err := file.Sync(); err != nil {
		return fmt.Errorf("%w: sync %s: %w", ErrDiskFailed, temp, err)
	}
	if err := f.disk.Rename(temp, f.path()); err != nil {
		return fmt.Errorf("%w: rename %s: %w", ErrDiskFailed, temp, err)
	}
	if err := f.disk.SyncDir(f.dir); err != nil {
		return fmt.Errorf("%w: sync directory %s: %w", ErrDiskFailed, f.dir, err)
	}
	return nil
}

// close gives the file back to the system. Every save is durable by itself.
func (f *viewFile) close() error {
	if f.file == nil {
		return nil
	}
	err := f.file.Close()
	f.file = nil
	return err
}

// setAside renames an unusable file to a free name, which it returns; nothing
// is deleted.
func (f *viewFile) setAside() (string, error) {
	for n := 1; n < 1000; n++ {
		aside := f.path() + ".bad-" + strconv.Itoa(n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		} else if !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("set the view's file aside: %w", err)
		}
		if err := f.disk.Rename(f.path(), aside); err != nil {
			return "", fmt.Errorf("set the view's file aside: %w", err)
		}
		if err := f.disk.SyncDir(f.dir); err != nil {
			return "", fmt.Errorf("set the view's file aside: %w", err)
		}
		return aside, nil
	}
	return "", fmt.Errorf("set the view's file aside: too many %s.bad-* files", f.path())
}
