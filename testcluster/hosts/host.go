package hosts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pikv/testcluster/need"
	"pikv/testcluster/netns"
)

// How long is waited.
const (
	bootTime = 2 * time.Minute // until ssh answers; a host boots in seconds, an emulated one in ten
	haltTime = 2 * time.Minute // a worker hands over for up to a minute
	pollTime = 100 * time.Millisecond
)

// Host is a computer with Debian. Its methods end the test when something fails that
// always works. Not safe for concurrent use, but Run and Copy.
type Host struct {
	*netns.Host
	t    testing.TB
	keys *Keys
	arch string // "" for this machine's
	root string // the image
	disk string // the host's own files: what it has written

	nspawn *exec.Cmd // nil while the power is off
	ended  chan struct{}
	screen bytes.Buffer // what it prints while it boots; to be read after ended
}

// Keys are what the tests log in with.
type Keys struct{ Private, public string }

// NewKeys makes a pair of keys for ssh, for as long as the test runs.
func NewKeys(t testing.TB) *Keys {
	t.Helper()
	need.Hosts(t)
	file := filepath.Join(t.TempDir(), "key")
	makeKey(t, file)
	public, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return &Keys{Private: file, public: string(public)}
}

func makeKey(t testing.TB, file string) {
	t.Helper()
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("make a key: %v %s", err, out)
	}
}

// New makes hosts of the lab with fresh disks, in the order of their names, and boots
// them side by side.
func New(t testing.TB, lab *netns.Lab, keys *Keys, image Image, names ...string) []*Host {
	t.Helper()
	need.Hosts(t)
	if image.Arch == runtime.GOARCH { // Go's word is Debian's for what there are emulators for
		image.Arch = ""
	}
	image.emulated(t)
	var hosts []*Host
	for _, name := range names {
		h := &Host{Host: lab.Host(name), t: t, keys: keys, arch: image.Arch, root: image.root(t), disk: t.TempDir()}
		t.Cleanup(h.PowerCut)
		h.furnish()
		h.switchOn()
		hosts = append(hosts, h)
	}
	for _, h := range hosts {
		h.awaitLogin()
	}
	return hosts
}

// furnish writes what no other host has.
func (h *Host) furnish() {
	h.t.Helper()
	id := sha256.Sum256([]byte(h.Name))
	files := map[string]string{
		"etc/hostname":              h.Name + "\n",
		"etc/hosts":                 "127.0.0.1 localhost\n127.0.1.1 " + h.Name + "\n",
		"etc/machine-id":            hex.EncodeToString(id[:16]) + "\n",
		"root/.ssh/authorized_keys": h.keys.public,
	}
	if h.arch != "" {
		files["etc/systemd/system/service.d/emulation.conf"] = refused
	}
	for file, text := range files {
		path := filepath.Join(h.disk, "files", file)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			h.t.Fatal(err)
		}
	}
	if err := errors.Join(os.Chmod(filepath.Join(h.disk, "files/root"), 0o700), os.Chmod(filepath.Join(h.disk, "files/root/.ssh"), 0o700),
		os.MkdirAll(filepath.Join(h.disk, "files/etc/ssh"), 0o755), os.MkdirAll(filepath.Join(h.disk, "work"), 0o755), os.MkdirAll(filepath.Join(h.disk, "mount"), 0o755)); err != nil {
		h.t.Fatal(err)
	}
	makeKey(h.t, filepath.Join(h.disk, "files/etc/ssh/ssh_host_ed25519_key"))
}

// launch, a script, moves itself into control groups of its own (two hosts in one would
// share their units), lays the host's files over the image where nobody else sees it, and
// becomes nspawn. Its arguments: group, image, disk, namespace, host, the signal for a halt.
const launch = `set -e
for c in systemd unified cpu memory pids; do
  if [ -d /sys/fs/cgroup/$c ]; then mkdir -p /sys/fs/cgroup/$c/$1; echo $$ >/sys/fs/cgroup/$c/$1/cgroup.procs; found=yes; fi
done
if [ -z "$found" ]; then mkdir -p /sys/fs/cgroup/$1; echo $$ >/sys/fs/cgroup/$1/cgroup.procs; fi
mount -t overlay overlay -o "lowerdir=$2,upperdir=$3/files,workdir=$3/work" "$3/mount"
exec systemd-nspawn -q -D "$3/mount" --boot --register=no --keep-unit --machine="$5" --kill-signal="$6" --network-namespace-path="$4" \
  --resolv-conf=off --timezone=off --link-journal=no --console=pipe`

// Boot switches the host on and waits until it can be logged in to and has no more to start.
func (h *Host) Boot() {
	h.t.Helper()
	h.switchOn()
	h.awaitLogin()
}

func (h *Host) switchOn() {
	h.t.Helper()
	if h.nspawn != nil {
		h.t.Fatalf("boot %s: it is on", h.Name)
	}
	h.screen.Reset()
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", launch, "sh",
		h.group(), h.root, h.disk, h.Namespace(), h.Name, h.haltSignal())
	cmd.Stdout, cmd.Stderr = &h.screen, &h.screen
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		h.t.Fatalf("boot %s: %v", h.Name, err)
	}
	h.nspawn, h.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		defer close(ended)
		_ = cmd.Wait() // how it ended says nothing: hosts are killed
	}(h.ended)
}

func (h *Host) awaitLogin() {
	h.t.Helper()
	deadline := time.Now().Add(bootTime)
	for {
		out, err := h.Try(context.Background(), "systemctl is-system-running --wait")
		if err == nil || strings.Contains(out, "degraded") {
			return
		}
		select {
		case <-h.ended:
			h.t.Fatalf("boot %s: it ended: %s", h.Name, h.screen.String())
		case <-time.After(pollTime):
		}
		if time.Now().After(deadline) {
			h.t.Fatalf("boot %s: no login after %v: %v %s", h.Name, bootTime, err, out)
		}
	}
}

// group is the name of the host's control group.
func (h *Host) group() string { return filepath.Base(h.Namespace()) }

// PowerCut ends the host at once, as a pulled plug does: nothing is told to anybody, and
// the disk keeps what was written. A host that is off stays off.
func (h *Host) PowerCut() {
	if h.nspawn == nil {
		return
	}
	// nspawn itself has to live, to clean up after its child.
	for _, pid := range childrenOf(h.nspawn.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // it may be gone by now
	}
	h.off(10*time.Second, "cut the power of")
}

// Halt switches the host off as poweroff does: services are stopped in their order.
func (h *Host) Halt() {
	h.t.Helper()
	if h.nspawn == nil {
		return
	}
	_ = h.nspawn.Process.Signal(syscall.SIGTERM)
	h.off(haltTime, "halt")
}

// off waits for the end, for so long.
func (h *Host) off(most time.Duration, what string) {
	select {
	case <-h.ended:
	case <-time.After(most):
		_ = h.nspawn.Process.Kill()
		<-h.ended
		h.t.Errorf("%s %s: it was still on after %v", what, h.Name, most)
	}
	h.nspawn = nil
	for _, c := range []string{"systemd", "unified", "cpu", "memory", "pids", ""} {
		removeGroup(filepath.Join("/sys/fs/cgroup", c, h.group()))
	}
}

// removeGroup removes a control group and those in it; what is not there, or still in use
// by a dying process, is left.
func removeGroup(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.IsDir() {
			removeGroup(filepath.Join(dir, e.Name()))
		}
	}
	_ = os.Remove(dir) // see above
}

// childrenOf lists a process's children.
func childrenOf(pid int) []int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return nil
	}
	var pids []int
	for field := range strings.FieldsSeq(string(text)) {
		if n, err := strconv.Atoi(field); err == nil {
			pids = append(pids, n)
		}
	}
	return pids
}
