package hosts

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"time"
)

// runTime bounds a command on a host.
const runTime = 3 * time.Minute

// SSHOptions are those by which anything logs in to hosts that come and go.
func (k *Keys) SSHOptions() []string {
	return []string{"-i", k.Private, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
		"-o", "BatchMode=yes", "-o", "ConnectTimeout=2"}
}

// ssh returns a command that runs a line of shell on the host, as root.
func (h *Host) ssh(ctx context.Context, line string) *exec.Cmd {
	args := append(h.keys.SSHOptions(), "root@"+h.Addr, line)
	if h.arch != "" { // an emulated sshd on a busy machine takes seconds to greet; the first word on it counts
		args = append([]string{"-o", "ConnectTimeout=30"}, args...)
	}
	return h.Command(ctx, "ssh", args...)
}

// Try runs a line of shell on the host as root and returns what it printed, stderr too.
func (h *Host) Try(ctx context.Context, line string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	out, err := h.ssh(ctx, line).CombinedOutput()
	return string(out), err
}

// Run is Try for what must succeed.
func (h *Host) Run(line string) string {
	h.t.Helper()
	out, err := h.Try(h.t.Context(), line)
	if err != nil {
		h.t.Fatalf("%s: `%s`: %v\n%s", h.Name, line, err, out)
	}
	return out
}

// Copy puts a file onto the host.
func (h *Host) Copy(file, to string) {
	h.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		h.t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(h.t.Context(), runTime)
	defer cancel()
	cmd := h.ssh(ctx, "cat >'"+to+"'")
	var said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = f, &said, &said
	if err := cmd.Run(); err != nil {
		h.t.Fatalf("%s: copy %s: %v %s", h.Name, file, err, said.String())
	}
}
