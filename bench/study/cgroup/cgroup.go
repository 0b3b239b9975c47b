// Package cgroup gives groups of processes a part of this machine's processors and
// memory, by control groups of either version. Linux and root only.
//
// A Tree is a group of groups, which goes when it is closed. A process begins life in
// a group by Inside: a shell puts itself there and becomes the command.
package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// ErrUnavailable says that this system cannot cap processes.
var ErrUnavailable = errors.New("control groups for cpu and memory cannot be used here")

// Tree holds groups. Not safe for concurrent use.
type Tree struct {
	version int
	cpu     string // folder, within which the groups are
	memory  string // the same one in version 2
	capped  int    // groups with a part of the processors, since it was empty
}

// New makes a tree without groups. What killed processes have left is removed.
func New() (*Tree, error) {
	roots, err := find("/proc/self/mountinfo", "/proc/self/cgroup")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	removeStale(roots.cpu)
	removeStale(roots.memory)
	name, err := ownerOf(os.Getpid())
	if err != nil {
		return nil, fmt.Errorf("name a control group: %w", err)
	}
	t := &Tree{version: roots.version, cpu: filepath.Join(roots.cpu, name), memory: filepath.Join(roots.memory, name)}
	if t.version == 2 {
		err = enable(roots.cpu)
	}
	if err == nil {
		err = errors.Join(os.MkdirAll(t.cpu, 0o755), os.MkdirAll(t.memory, 0o755))
	}
	if err == nil && t.version == 2 {
		err = enable(t.cpu)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrUnavailable, err), t.Close())
	}
	return t, nil
}

// enable lets the groups within a folder have limits, in version 2.
func enable(folder string) error { return write(folder, "cgroup.subtree_control", "+cpu +memory") }

// Group is where processes can be put.
type Group struct {
	tree *Tree
	name string // its folder's within the tree
}

// Limits are what a group may take; 0 stands for no limit of its own.
type Limits struct {
	Processors float64 // of this machine
	Memory     int64   // bytes
}

// Group makes a group within another one, or within the tree if that is nil.
// A group that has others must have no processes.
func (t *Tree) Group(within *Group, name string, l Limits) (*Group, error) {
	g := &Group{tree: t, name: name}
	if within != nil {
		g.name = filepath.Join(within.name, name)
		if t.version == 2 {
			if err := enable(filepath.Join(t.cpu, within.name)); err != nil {
				return nil, fmt.Errorf("make a control group: %w", err)
			}
		}
	}
	for _, folder := range g.folders() {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return nil, fmt.Errorf("make a control group: %w", err)
		}
	}
	if err := g.limit(l); err != nil {
		return nil, fmt.Errorf("limit a control group: %w", err)
	}
	return g, nil
}

// folders returns the group's.
func (g *Group) folders() []string {
	cpu, memory := filepath.Join(g.tree.cpu, g.name), filepath.Join(g.tree.memory, g.name)
	if cpu == memory {
		return []string{cpu}
	}
	return []string{cpu, memory}
}

// limit sets the limits.
func (g *Group) limit(l Limits) error {
	cpu, memory := filepath.Join(g.tree.cpu, g.name), filepath.Join(g.tree.memory, g.name)
	if l.Processors != 0 {
		period, running, err := quota(l.Processors, stretch(g.tree.capped))
		if err != nil {
			return err
		}
		g.tree.capped++
		if g.tree.version == 2 {
			err = write(cpu, "cpu.max", fmt.Sprintf("%d %d", running.Microseconds(), period.Microseconds()))
		} else {
			err = errors.Join(
				write(cpu, "cpu.cfs_period_us", fmt.Sprint(period.Microseconds())),
				write(cpu, "cpu.cfs_quota_us", fmt.Sprint(running.Microseconds())))
		}
		if err != nil {
			return err
		}
	}
	if l.Memory == 0 {
		return nil
	}
	bytes := strconv.FormatInt(l.Memory, 10)
	if g.tree.version == 2 {
		return errors.Join(write(memory, "memory.max", bytes), writeIfThere(memory, "memory.swap.max", "0"))
	}
	return errors.Join(write(memory, "memory.limit_in_bytes", bytes), writeIfThere(memory, "memory.memsw.limit_in_bytes", bytes))
}

// Inside returns a command line that runs the given one in the group. It becomes
// that command: signals to its process reach it.
func (g *Group) Inside(command []string) []string {
	const script = `while [ "$1" != -- ]; do echo $$ > "$1" || exit 1; shift; done; shift; exec "$@"`
	line := []string{"/bin/sh", "-c", script, "sh"}
	for _, folder := range g.folders() {
		line = append(line, filepath.Join(folder, "cgroup.procs"))
	}
	return append(append(line, "--"), command...)
}

// Clear removes all groups. Processes in them must have ended, or be about to.
func (t *Tree) Clear() error {
	t.capped = 0
	var errs []error
	for _, root := range []string{t.cpu, t.memory} {
		entries, err := os.ReadDir(root)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		errs = append(errs, err)
		for _, e := range entries {
			if e.IsDir() {
				errs = append(errs, remove(filepath.Join(root, e.Name())))
			}
		}
	}
	return errors.Join(errs...)
}

// Close removes the tree.
func (t *Tree) Close() error { return errors.Join(remove(t.cpu), remove(t.memory)) }

// remove removes a group with all groups in it, once their processes have ended.
func remove(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if e.IsDir() {
			err = errors.Join(err, remove(filepath.Join(folder, e.Name())))
		}
	}
	if err != nil {
		return err
	}
	// A process that was killed a moment ago may still be counted.
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		err := os.Remove(folder)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, syscall.EBUSY) || time.Now().After(deadline) {
			return fmt.Errorf("remove a control group: %w", err)
		}
	}
}

// write sets a file of a group.
func write(folder, file, value string) error {
	return os.WriteFile(filepath.Join(folder, file), []byte(value), 0o644)
}

// writeIfThere is write of a file that not every kernel has: without the swap's
// limits, swap is not counted.
func writeIfThere(folder, file, value string) error {
	if _, err := os.Stat(filepath.Join(folder, file)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return write(folder, file, value)
}
