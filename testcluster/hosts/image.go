package hosts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Image describes a root file system.
type Image struct {
	Arch string // Debian's word for it; "" means this machine's
}

// The recipe of an image: another one gets another folder in the cache.
const (
	suite    = "bookworm"
	packages = "systemd,systemd-sysv,dbus,openssh-server,python3,python3-apt,iproute2,avahi-daemon,avahi-utils,systemd-resolved"
	// What a host in a test does not need, and what would reach for the world. avahi
	// and systemd-resolved are there for tests that want them, and off.
	finish = `set -e
systemctl mask --quiet systemd-firstboot.service systemd-logind.service getty.target console-getty.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer
systemctl disable --quiet avahi-daemon.service avahi-daemon.socket systemd-resolved.service
rm -f /etc/ssh/ssh_host_* /etc/resolv.conf /etc/machine-id /var/lib/dbus/machine-id /var/cache/apt/archives/*.deb
echo 'nameserver 127.0.0.1' >/etc/resolv.conf
echo 'UseDNS no' >/etc/ssh/sshd_config.d/test.conf
mkdir -p -m 700 /root/.ssh
`
)

// root returns the folder of the image's root file system, which it builds unless that
// was done before: a minute and a half, minutes more if emulated. Tests of several processes may ask at once.
func (i Image) root(t testing.TB) string {
	t.Helper()
	dir, err := i.build()
	if err != nil {
		t.Fatalf("build the hosts' root file system: %v", err)
	}
	return dir
}

func (i Image) build() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "pikv", "hosts")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(i.Arch + "\x00" + suite + "\x00" + packages + "\x00" + finish))
	dir := filepath.Join(cache, suite+i.Arch+"-"+hex.EncodeToString(sum[:6]))
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return "", fmt.Errorf("wait for another test that builds it: %w", err)
	}
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	args := []string{"--variant=minbase", "--include=" + packages}
	if i.Arch != "" {
		args = append(args, "--arch="+i.Arch)
	}
	for _, command := range [][]string{
		// What it mounts vanishes with it, however it ends.
		append([]string{"unshare", "--mount", "--propagation", "private", "debootstrap"}, append(args, suite, unfinished)...),
		{"chroot", unfinished, "sh", "-c", finish},
	} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			return "", fmt.Errorf("%s: %w: %s", command[0], err, strings.Join(lines[max(0, len(lines)-5):], "\n"))
		}
	}
	return dir, os.Rename(unfinished, dir)
}
