package cgroup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// roots are the folders that groups can be made in.
type roots struct {
	version     int
	cpu, memory string
}

// find looks for them in what a process sees of the file systems and of its groups:
// version 1, within the groups of this process, if it has both controllers, else the
// root of version 2, where alone a group may have both processes and groups.
func find(mountinfo, groups string) (roots, error) {
	mounts, err := os.ReadFile(mountinfo)
	if err != nil {
		return roots{}, err
	}
	own, err := os.ReadFile(groups)
	if err != nil {
		return roots{}, err
	}
	var v1 roots
	var v2 string
	for line := range strings.Lines(string(mounts)) {
		m, ok := parseMount(line)
		switch {
		case !ok:
		case m.kind == "cgroup2" && v2 == "":
			v2 = m.at
		case m.kind == "cgroup" && slices.Contains(m.options, "cpu"):
			v1.cpu = filepath.Join(m.at, below(m.root, ownGroup(string(own), "cpu")))
		case m.kind == "cgroup" && slices.Contains(m.options, "memory"):
			v1.memory = filepath.Join(m.at, below(m.root, ownGroup(string(own), "memory")))
		}
	}
	if v1.cpu != "" && v1.memory != "" {
		v1.version = 1
		return v1, nil
	}
	if v2 == "" {
		return roots{}, errors.New("no file system of either version is mounted with them")
	}
	controllers, err := os.ReadFile(filepath.Join(v2, "cgroup.controllers"))
	if err != nil {
		return roots{}, err
	}
	have := strings.Fields(string(controllers))
	if !slices.Contains(have, "cpu") || !slices.Contains(have, "memory") {
		return roots{}, errors.New("version 2 has only " + strings.Join(have, ", ") + " here (on a Pi, cgroup_enable=memory on the kernel's command line adds that)")
	}
	return roots{version: 2, cpu: v2, memory: v2}, nil
}

// mount is a file system.
type mount struct {
	kind, root, at string
	options        []string
}

// parseMount reads a line of mountinfo: number, parent, device, root, where, options,
// perhaps more, "-", kind, source, options of the file system.
func parseMount(line string) (mount, bool) {
	left, right, ok := strings.Cut(line, " - ")
	a, b := strings.Fields(left), strings.Fields(right)
	if !ok || len(a) < 6 || len(b) < 3 {
		return mount{}, false
	}
	return mount{kind: b[0], root: a[3], at: a[4], options: strings.Split(b[2], ",")}, true
}

// ownGroup returns the path of the process's own group of a controller of version 1.
func ownGroup(groups, controller string) string {
	for line := range strings.Lines(groups) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && slices.Contains(strings.Split(f[1], ","), controller) {
			return f[2]
		}
	}
	return "/"
}

// below returns a group's path as seen where the group root is mounted; the root
// itself when it lies elsewhere, as in a container that sees only its own.
func below(root, group string) string {
	rel, err := filepath.Rel(root, group)
	if err != nil || strings.HasPrefix(rel, "..") {
		return "/"
	}
	return rel
}
