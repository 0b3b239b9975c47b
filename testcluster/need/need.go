// Package need says what a test needs beyond Go, in one place: need.Root(t) or
// need.Python(t, "msgpack") skips the test with the reason where that is
// missing, so that `make test` passes for anyone who has just Go.
//
// A skipped test proves nothing, so whoever means to run everything names it:
// PIKV_REQUIRE=root,python turns a missing need of that name from a skip into a
// failure. `make netns` and .ci/run set it. Root tests run only when they are
// named so: nobody expects `go test` to touch a machine's network, root or not.
package need

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Env is the environment variable that lists the needs which must be met.
const Env = "PIKV_REQUIRE"

// names are the needs that Env may list.
var names = []string{"root", "python", "peers", "files", "hosts", "shells", "ansible", "rollout", "emulation"}

// rootCommands are what namespaces, cuts and slow links are made with, each
// with an invocation that changes nothing and fails where it cannot work.
var rootCommands = [][]string{
	{"ip", "netns", "list"},
	{"tc", "-V"},
	{"nft", "--version"},
	{"nsenter", "--version"},
}

// Root lets the test go on when it runs as root, was asked for by
// PIKV_REQUIRE=root, and has the commands of iproute2, nftables and util-linux.
// The test's name must contain "Netns", or `make netns` would pass it by.
func Root(t testing.TB) {
	t.Helper()
	if !strings.Contains(t.Name(), "Netns") {
		t.Fatalf("need.Root: the name %s lacks \"Netns\", by which `make netns` picks its tests", t.Name())
	}
	required := requires(t, "root")
	if !required {
		t.Skip("needs root and network namespaces: run `make netns` as root")
	}
	if os.Geteuid() != 0 {
		t.Fatalf("%s names root, and this is user %d", Env, os.Geteuid())
	}
	for _, c := range rootCommands {
		if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s names root, and `%s` fails: %v %s", Env, strings.Join(c, " "), err, out)
		}
	}
}

// Hosts lets the test go on when it may have whole computers (testcluster/hosts): PIKV_REQUIRE
// must ask for them by `hosts`, since an image for them is fetched and built once, which
// takes minutes; then it needs what Root needs, and the programs of systemd-container,
// debootstrap and openssh-client.
func Hosts(t testing.TB) {
	t.Helper()
	required := requires(t, "hosts")
	if !required {
		t.Skip("takes whole hosts, which are made only if " + Env + " lists hosts")
	}
	Root(t)
	for _, program := range []string{"systemd-nspawn", "debootstrap", "ssh", "ssh-keygen", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, required, "needs "+program+" (apt-get install systemd-container debootstrap openssh-client)")
		}
	}
}

// Rollout lets the test go on when it was asked for by PIKV_REQUIRE=root,rollout: it takes
// minutes. It needs what Hosts does, and the programs of ansible-core.
func Rollout(t testing.TB) {
	t.Helper()
	if !requires(t, "rollout") {
		t.Skip("rolls out to whole computers, for minutes: run `make rollout` as root")
	}
	Hosts(t)
	playbooks(t, true)
}

// Ansible lets the test go on when it finds the programs of ansible-core.
func Ansible(t testing.TB) {
	t.Helper()
	playbooks(t, requires(t, "ansible"))
}

func playbooks(t testing.TB, required bool) {
	t.Helper()
	for _, program := range []string{"ansible-playbook", "ansible-vault"} {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, required, "needs "+program+" (apt-get install ansible-core)")
		}
	}
}

// Emulation lets the test go on when it was asked for by PIKV_REQUIRE=root,hosts,emulation: it
// boots a host of another machine, and for so long this one's kernel runs that one's
// programs. It needs what Hosts does, and qemu-user-static.
func Emulation(t testing.TB) {
	t.Helper()
	if !requires(t, "emulation") {
		t.Skip("boots an emulated host, for minutes: run `make rollout-arm` as root")
	}
	Hosts(t)
	if _, err := exec.LookPath("qemu-aarch64-static"); err != nil {
		missing(t, true, "needs qemu-aarch64-static (apt-get install qemu-user-static)")
	}
}

// Shells lets the test go on when it finds the shells whose completions it tries.
func Shells(t testing.TB, programs ...string) {
	t.Helper()
	required := requires(t, "shells")
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, required, "needs "+program)
		}
	}
}

// Python returns the path of a python3 that can import the modules, or skips.
// Debian's own interpreter is asked first: it is the one that apt installs
// modules for.
func Python(t testing.TB, modules ...string) string {
	t.Helper()
	required := requires(t, "python")
	script := "pass"
	if len(modules) > 0 {
		script = "import " + strings.Join(modules, ", ")
	}
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", script).Run() == nil {
			return python
		}
	}
	missing(t, required, "needs python3 with the modules "+fmt.Sprint(modules))
	return ""
}

// Peers lets the test go on when it finds the programs that pikv is compared
// with, such as redis-server.
func Peers(t testing.TB, programs ...string) {
	t.Helper()
	required := requires(t, "peers")
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing(t, required, "needs "+program)
		}
	}
}

// PeerVersion is Peers for one of them that must be of some version: what it prints
// for --version has the word in it.
func PeerVersion(t testing.TB, program, word string) {
	t.Helper()
	Peers(t, program)
	out, err := exec.Command(program, "--version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), word) {
		missing(t, requires(t, "peers"), fmt.Sprintf("needs %s of a version %q, and has %q (%v)", program, word, out, err))
	}
}

// Files returns how many files a test may open that would have so many, where the process
// may have so many open: fewer are no reason to skip it.
func Files(t testing.TB, want, most int) int {
	t.Helper()
	if requires(t, "files") && most < want {
		t.Fatalf("needs %d open files, may have %d, and %s=%s says that it must run so", want, most, Env, os.Getenv(Env))
	}
	return min(want, most)
}

// missing ends the test: as a failure when the need was required.
func missing(t testing.TB, required bool, reason string) {
	t.Helper()
	if required {
		t.Fatalf("%s, and %s=%s says that it must run", reason, Env, os.Getenv(Env))
	}
	t.Skip(reason)
}

// requires reports whether Env lists the need. An unknown name there fails the
// test: a misspelled one would otherwise let tests skip unseen.
func requires(t testing.TB, name string) bool {
	t.Helper()
	required, err := parse(os.Getenv(Env))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(required, name)
}

// parse splits the value of Env.
func parse(value string) ([]string, error) {
	var required []string
	for name := range strings.SplitSeq(value, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%s lists %q, which is none of %s", Env, name, strings.Join(names, ", "))
		}
		required = append(required, name)
	}
	return required, nil
}
