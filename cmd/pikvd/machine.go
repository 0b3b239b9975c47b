package main

import (
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// machine is what the defaults and checks of a node's settings want to know of
// the computer that it runs on. Tests make their own.
type machine struct {
	hostname string // "" when unknown
	ram      int64  // bytes that this process may use, 0 when unknown
	// addressable is the most memory that --max-memory may name. A 32-bit
	// process has 3 GiB of addresses at best, of which Go's collector and
	// the kernel's buffers want a part.
	addressable int64
	getenv      func(string) string
	root        fs.FS // the files of "/"
	// writable reports whether this user can make files in the folder, or
	// can make the folder.
	writable func(dir string) bool
}

// thisMachine looks around.
func thisMachine() machine {
	m := machine{
		addressable: math.MaxInt64,
		getenv:      os.Getenv,
		root:        os.DirFS("/"),
		writable:    writable,
	}
	m.hostname, _ = os.Hostname() // without one, --name is asked for
	m.ram = ramOf(m.root)
	if strconv.IntSize == 32 {
		m.addressable = 2 << 30
	}
	return m
}

// elsewhere is what has to fit into the RAM beside the entries, however little there is
// of it: two requests of the largest value under way and a third that the collector has
// not freed yet (194 MiB), what else a node needs when it does such (46 MiB, of
// processBase), and a system with sshd (80 MiB).
const elsewhere = 320 << 20

// defaultMemory is half of the RAM: the other half is for the collector's
// slack, connections, and the system's own. On machines of half a gigabyte, where
// that would not be enough for these, it is what they leave, less what entries take
// beyond what they count for, a tenth; on smaller ones, whose largest value is as
// small, an eighth. Where the RAM is unknown it is what
// the smallest Pi can spare; a 32-bit process stays at half of its addresses.
func (m machine) defaultMemory() int64 {
	if m.ram == 0 {
		return 128 << 20
	}
	return min(m.ram/2, max((m.ram-elsewhere)/11*10, m.ram/8), m.addressable/2)
}

// mostMemory is the most that can be asked for. Values of just over a megabyte lie in
// two megabytes of addresses each, of which a 32-bit process has three gigabytes or
// four: it would end where it should refuse a write.
func (m machine) mostMemory() int64 { return m.addressable / 8 * 5 }

// ramOf returns the bytes of RAM that the process may use: the machine's, or
// the control group's limit when that is lower, as it is in a container; 0 when
// the system does not say.
func ramOf(root fs.FS) int64 {
	ram := memTotal(root)
	for _, limit := range groupLimits(root) {
		if limit > 0 && (ram == 0 || limit < ram) {
			ram = limit
		}
	}
	return ram
}

// memTotal reads the machine's RAM.
func memTotal(root fs.FS) int64 {
	info, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(info)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

// groupLimits reads the memory limits of the process's control group and of
// all groups above it. In a container the group's path may be one of the host's
// that cannot be seen from inside: the folders that are missing count for nothing.
func groupLimits(root fs.FS) []int64 {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var limits []int64
	for line := range strings.Lines(string(groups)) {
		// hierarchy:controllers:path; version 2 names no controllers.
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		var mount, file string
		switch fields[1] {
		case "":
			mount, file = "sys/fs/cgroup", "memory.max"
		case "memory":
			mount, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for dir := path.Clean("/" + fields[2]); ; dir = path.Dir(dir) {
			text, err := fs.ReadFile(root, path.Join(mount, dir, file))
			if limit, bad := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && bad == nil {
				limits = append(limits, limit)
			}
			if dir == "/" {
				break
			}
		}
	}
	return limits
}
