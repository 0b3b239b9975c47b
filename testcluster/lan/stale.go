package lan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// mark begins the names of all namespaces that are made here.
const mark = "pikv-lab."

// ownerOf returns how the names of a process's namespaces begin: with its
// number and, since numbers are given again, the tick at which it started.
func ownerOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	// The second field is the command in parentheses and may hold anything;
	// behind it the start is the twentieth.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const start = 19
	if len(fields) <= start {
		return "", fmt.Errorf("/proc/%d/stat has only %d fields", pid, len(fields))
	}
	return fmt.Sprintf("%s%d.%s.", mark, pid, fields[start]), nil
}

// isStale reports whether the namespace belongs to a process that is gone.
func isStale(namespace string) bool {
	rest, ours := strings.CutPrefix(namespace, mark)
	if !ours {
		return false
	}
	number, _, _ := strings.Cut(rest, ".")
	pid, err := strconv.Atoi(number)
	if err != nil {
		return false
	}
	owner, err := ownerOf(pid)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return true
	}
	return err == nil && !strings.HasPrefix(namespace, owner)
}

// removeStale removes what killed processes have left. Two processes may do that at
// once: what is gone already is no problem, and what cannot be removed is in nobody's way.
func removeStale() error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look for what others have left: %w", err)
	}
	for _, e := range entries {
		if isStale(e.Name()) {
			_ = remove(e.Name())
		}
	}
	return nil
}

// remove kills what runs in a namespace and removes it. Its cables go with it.
func remove(namespace string) error {
	deadline := time.Now().Add(5 * time.Second)
	for {
		running, err := processesIn(namespace)
		if err != nil || len(running) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("remove %s: processes %v do not die", namespace, running)
		}
		for _, pid := range running {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone by now
		}
		time.Sleep(5 * time.Millisecond)
	}
	if _, err := os.Stat(filepath.Join(folder, namespace)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return system("", "ip", "netns", "delete", namespace)
}

// processesIn lists the processes in a namespace other than this one, of
// which a thread may just be on a visit.
func processesIn(namespace string) ([]int, error) {
	out, err := exec.Command("ip", "netns", "pids", namespace).Output()
	if err != nil {
		return nil, fmt.Errorf("list the processes in %s: %w", namespace, err)
	}
	var pids []int
	for field := range strings.FieldsSeq(string(out)) {
		if pid, err := strconv.Atoi(field); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
