package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// mark begins the names of the folders that are made here.
const mark = "pikv-study."

// ownerOf returns what a process's folder is called: after its number and, since
// numbers are given again, the tick at which it started.
func ownerOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field is the command in parentheses and may hold anything; behind it
	// the start is the twentieth.
	const start = 19
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) <= start {
		return "", fmt.Errorf("/proc/%d/stat has only %d fields", pid, len(fields))
	}
	return fmt.Sprintf("%s%d.%s", mark, pid, fields[start]), nil
}

// isStale reports whether a folder is of a process that is gone.
func isStale(name string) bool {
	rest, ours := strings.CutPrefix(name, mark)
	number, _, _ := strings.Cut(rest, ".")
	pid, err := strconv.Atoi(number)
	if !ours || err != nil {
		return false
	}
	owner, err := ownerOf(pid)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return true
	}
	return err == nil && name != owner
}

// removeStale removes what processes have left that are gone, and kills what still runs
// in it: nobody will ask for that any more.
func removeStale(root string) {
	left, _ := filepath.Glob(filepath.Join(root, mark+"*")) // the pattern is not at fault
	for _, folder := range left {
		if isStale(filepath.Base(folder)) {
			killAll(folder)
			_ = remove(folder) // it is in nobody's way
		}
	}
}

// killAll kills the processes of a group and of the groups within it.
func killAll(folder string) {
	_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "cgroup.procs" {
			return nil // what has gone meanwhile is what is wanted
		}
		data, _ := os.ReadFile(path)
		for field := range strings.FieldsSeq(string(data)) {
			if pid, err := strconv.Atoi(field); err == nil {
				_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
			}
		}
		return nil
	})
}
