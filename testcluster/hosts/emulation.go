package hosts

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"pikv/testcluster/need"
)

// emulator has the kernel run programs of another machine.
type emulator struct {
	program string // of qemu-user-static
	elf     string // how such programs begin: magic and mask, as binfmt_misc wants them
}

var emulators = map[string]emulator{
	"arm64": {"qemu-aarch64-static", `\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00` +
		`:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`},
}

// rules counts this process's, for their names.
var rules atomic.Int64

// emulate, a script, tells the kernel of an emulator, until its input ends: when the test
// closes it, and when the test is killed. F opens the emulator now, so that it is found in
// any root file system. Its arguments: folder, name, rule.
const emulate = `set -e
mount -t binfmt_misc binfmt_misc "$1"
printf %s "$3" >"$1/register"
echo ready
cat >/dev/null
echo -1 >"$1/$2"`

// emulated lets the image's programs run on this machine until the test ends. They can
// everywhere on it for so long; nothing of that stays.
func (i Image) emulated(t testing.TB) {
	t.Helper()
	if i.Arch == "" {
		return
	}
	e, known := emulators[i.Arch]
	if !known {
		t.Fatalf("nothing is known that runs programs for %q", i.Arch)
	}
	need.Emulation(t)
	program, err := exec.LookPath(e.program)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("pikv-lab-%s.%d.%d", i.Arch, os.Getpid(), rules.Add(1))
	// In a mount namespace of its own, which goes with it.
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", "sh", "-c", emulate, "sh",
		t.TempDir(), name, ":"+name+":M::"+e.elf+":"+program+":PF")
	var said bytes.Buffer
	cmd.Stderr = &said
	// Neither Ctrl-C nor the end of this process, but that of its input, is to end it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("emulate %s: %v", i.Arch, err)
	}
	line, _ := bufio.NewReader(output).ReadString('\n') // what went wrong says Wait
	t.Cleanup(func() {
		_ = input.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("emulate %s: %v %s", i.Arch, err, said.String())
		}
	})
	if strings.TrimSpace(line) != "ready" {
		t.FailNow()
	}
}

// refused is what no service of an emulated host can have, systemd's own neither: qemu
// refuses to clone into a mount namespace, in which systemd puts credentials together, and
// the kernel refuses a process of several threads, such as qemu, another user namespace.
// qemu refuses filters of system calls, too, but without those systemd goes on by itself.
const refused = `[Service]
LoadCredential=
PrivateUsers=no
`

// haltSignal tells a host's PID 1 to switch it off: SIGRTMIN+3. An emulator, whose own C
// library keeps two signals for itself, hands them on as ones that are two lower.
func (h *Host) haltSignal() string {
	if h.arch == "" {
		return "SIGRTMIN+3"
	}
	return "SIGRTMIN+5"
}
