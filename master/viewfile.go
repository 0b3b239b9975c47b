package master

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// ErrDiskFailed is wrapped by what Failed delivers, and by every change asked
// for afterwards: nobody knows what the disk holds, so nothing may be
// published any more. A restart reads what is there.
var ErrDiskFailed = errors.New("disk failed")

// ErrBadFile is returned by Start when the view's file cannot be used.
var ErrBadFile = errors.New("unusable view file")

// viewFile is the register's State on disk. Not safe for concurrent use.
type viewFile struct {
	disk    disk
	dir     string
	cluster string
}

// path is where the State is.
func (f *viewFile) path() string { return filepath.Join(f.dir, fileName(f.cluster)+".pikv") }

// load returns the State on disk, or an empty one when there is no file. A
// file that cannot be used is an error that wraps ErrBadFile.
func (f *viewFile) load() (*State, error) {
	data, err := readBounded(f.path(), maxFileLength)
	if errors.Is(err, os.ErrNotExist) {
		return &State{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: read %s: %w", ErrBadFile, f.path(), err)
	}
	s, err := decodeState(data, f.cluster)
	switch {
	case err == nil:
		return s, nil
	case errors.Is(err, errFileNewer):
		return nil, fmt.Errorf("%w: %s: %w; upgrade this master, or start it with --recover to set the file aside and ask the workers instead", ErrBadFile, f.path(), err)
	default:
		return nil, fmt.Errorf("%w: %s: %w; put back a good copy, or start with --recover to set the file aside and ask the workers instead", ErrBadFile, f.path(), err)
	}
}

// save makes s durable. The steps are: write a new file, sync it, rename it
// over the old one, sync the directory. An error of the first step leaves the
// old State in force and may be tried again (a full disk may have room later).
// From the second on the error wraps ErrDiskFailed: after a failed fsync the
// kernel may have dropped what was written, and a second fsync would not tell.
func (f *viewFile) save(s *State) error {
	data, err := encodeState(s)
	if err != nil {
		return err
	}
	temp := f.path() + ".new"
	file, err := f.disk.Create(temp)
	if err != nil {
		return fmt.Errorf("create the view's file: %w", err)
	}
	if _, err := file.Write(data); err != nil {
		_ = file.Close() // the write's error says more
		return fmt.Errorf("write the view's file: %w", err)
	}
	if err := file.Sync(); err != nil {
		_ = file.Close() // the sync's error says more
		return fmt.Errorf("%w: sync %s: %w", ErrDiskFailed, temp, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("%w: close %s: %w", ErrDiskFailed, temp, err)
	}
	if err := f.disk.Rename(temp, f.path()); err != nil {
		return fmt.Errorf("%w: rename %s: %w", ErrDiskFailed, temp, err)
	}
	if err := f.disk.SyncDir(f.dir); err != nil {
		return fmt.Errorf("%w: sync directory %s: %w", ErrDiskFailed, f.dir, err)
	}
	return nil
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
