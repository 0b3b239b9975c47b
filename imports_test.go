package pikv

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// layer says which packages of the project pkg may import, and why no more.
type layer struct {
	pkg string
	may []string
	why string
}

// layers has a line for every package; one without fails the test: give it its
// place. A line for "x/..." holds for x and every package under it.
var layers = []layer{
	{"placement", nil, "pure: members in, table out; whoever wants to check a plan needs nothing else"},
	{"autoscale", nil, "pure: reports in, decision out; a test can play a day of it in a second"},
	{"register", []string{"placement"}, "decides what the issuer of views may do; without files and messages a simulation can drive it"},
	{"prefetch", nil, "a word to the processor"},
	{"store", []string{"prefetch"}, "an engine that is told what to do; it knows no node, no message and no clock"},
	{"wire", nil, "each message is defined once, for servers, clients and tools alike"},
	{"heaplimit", nil, "asks the runtime, and has it collect"},
	{"usage", nil, "asks the system what this process and its network take"},
	{"hotkeys", nil, "counts keys, whatever they are"},
	{"socket", nil, "asks the kernel what package net does not; it knows no protocol"},
	{"eventloop", []string{"socket"}, "carries bytes of any protocol; it knows no message"},
	{"inspect", nil, "tells of the process, not of the node that runs in it"},
	{"discovery", []string{"placement"}, "asks the network and answers it; who is let in is not its business"},
	{"membership", []string{"socket"}, "an adapter on gossip, which is only a hint; the roles decide what it means"},
	{"rpcconn", []string{"socket", "wire"}, "one connection's end, for both sides; it knows no method"},
	{"rpcserver", []string{"heaplimit", "rpcconn", "socket", "wire"}, "carries any method; which there are is the roles' business"},
	{"rpcclient", []string{"rpcconn", "socket", "wire"}, "carries any call; who owns which key is the callers' business"},
	{"resp", []string{"eventloop", "heaplimit", "placement", "usage", "wire"}, "translates for Redis clients; where the data are is its Keyspace's business"},
	{"replica", []string{"placement", "store"}, "the core takes events and gives messages; without sockets a simulation can drive it"},
	{"client/retry", []string{"placement", "wire"}, "decides what may be sent again; it makes no call itself"},
	{"client", []string{"client/retry", "placement", "rpcclient", "rpcconn", "wire"}, "a program that links the client must not link the server"},
	{"client/clienttest", []string{"placement", "rpcserver", "wire"}, "a cluster that lies on command, for the client's tests"},
	{"resp/resptest", nil, "a client for the tests of every package, which sees servers from outside"},
	{"resp/compare", nil, "sees two servers from outside, as any client does"},
	{"resp/clients", nil, "tests with others' programs; they start clusters by testcluster"},
	{"master", []string{"autoscale", "client", "discovery", "membership", "placement", "register", "resp", "rpcclient", "rpcconn", "rpcserver", "socket", "wire"}, "issues views and holds no data; the client is its proxy"},
	{"worker", []string{"discovery", "hotkeys", "membership", "placement", "prefetch", "replica", "resp", "rpcclient", "rpcconn", "rpcserver", "socket", "store", "usage", "wire"}, "holds data; it meets the master only through messages"},
	{"cmd/pikvd", []string{"autoscale", "client", "inspect", "master", "membership", "placement", "rpcserver", "socket", "wire", "worker"}, "flags, one constructor call, exit codes; `dev` asks its cluster as a client does"},
	{"cmd/pikv", []string{"autoscale", "bench", "bench/proc", "bench/report", "bench/study", "bench/study/pis", "bench/study/runner", "bench/study/stage", "client", "discovery", "placement", "wire"}, "what the command can do, any program can do through the client; it judges memory by the same mark as the master"},
	{"testcluster", []string{"autoscale", "client", "master", "membership", "placement", "rpcserver", "rpcclient", "socket", "testcluster/netns", "testcluster/own", "testcluster/process", "wire", "worker"}, "starts the roles as they ship"},
	{"testcluster/lan", nil, "hosts and cables; what runs on them is others' business"},
	{"testcluster/netns", []string{"testcluster/lan", "testcluster/need"}, "the same for tests"},
	{"testcluster/process", nil, "runs the binary; it knows nothing but what that prints"},
	{"testcluster/need", nil, "used by the tests of every package"},
	{"testcluster/own", nil, "used by the tests of every package that gossips"},
	{"testcluster/hosts", []string{"testcluster/need", "testcluster/netns"}, "whole computers; what is installed on them is the tests' business"},
	{"testcluster/rollout", nil, "runs the playbooks, as users do"},
	{"testcluster/leaks", nil, "used by the tests of every package that gossips"},
	{"bench/power", nil, "two tables and sums; what was measured is the callers' business"},
	{"bench/report", []string{"bench/power", "bench/study"}, "computes what a folder says; it measures nothing"},
	{"bench/...", []string{"client", "inspect", "placement", "testcluster/lan", "testcluster/process", "wire"}, "measures what users can reach"},
}

// homes names the packages that may import a module in files that are no tests, and
// why nobody else.
var homes = []struct {
	module string
	pkgs   []string
	why    string
}{
	{"github.com/hashicorp/memberlist", []string{"membership"}, "gossip can be replaced in one place; its types carry traps (live pointers, callbacks under a lock)"},
	{"github.com/hashicorp/mdns", []string{"discovery"}, "it answers anybody as often as asked; here that is bounded"},
	{"github.com/miekg/dns", []string{"discovery"}, "packets of strangers are bounded before they are read"},
	{"github.com/buraksezer/consistent", []string{"placement"}, "the ring can be replaced in one place; its ring keys are part of the cluster's state"},
	{"github.com/hashicorp/go-msgpack", []string{"placement", "wire"}, "bodies are bounded before they are decoded, which is easily forgotten elsewhere"},
	{"github.com/urfave/cli", []string{"cmd/pikvd", "cmd/pikv"}, "flags belong to commands; a library takes typed parameters"},
	{"gopkg.in/yaml.v3", []string{"cmd/pikvd"}, "configuration files belong to commands"},
	{"github.com/HdrHistogram/hdrhistogram-go", []string{"bench/..."}, "only a benchmark keeps histograms"},
	{"gonum.org/v1/plot", []string{"bench/report"}, "only a report draws"},
	{"golang.org/x/image", []string{"bench/report"}, "only a report draws"},
	{"github.com/schollz/progressbar", []string{"cmd/pikv"}, "a bar is for whoever watches a command"},
	{"github.com/stretchr/testify", []string{"resp/resptest"}, "only tests check; the binaries stay small"},
	{"github.com/anishathalye/porcupine", []string{"bench/history"}, "only tests check; the binaries stay small"},
	{"pgregory.net/rapid", nil, "only tests check; the binaries stay small"},
	{"go.uber.org/goleak", []string{"testcluster/leaks"}, "only tests check; the binaries stay small"},
	{"github.com/redis/go-redis", nil, "only tests are clients of Redis; the binaries stay small"},
	{"testing", []string{"client/clienttest", "resp/resptest", "testcluster", "testcluster/hosts", "testcluster/leaks", "testcluster/need", "testcluster/netns", "testcluster/own"}, "it would add its flags to the binaries"},
}

func TestImportsPointDownwards(t *testing.T) {
	for name, imports := range importsOf(t) {
		i := slices.IndexFunc(layers, func(l layer) bool { return covers(l.pkg, name) })
		if i < 0 {
			t.Errorf("%s has no line in the table of layers", name)
			continue
		}
		own := layers[i]
		for _, imp := range imports {
			if dep, ours := strings.CutPrefix(imp, "pikv/"); ours {
				if !slices.Contains(own.may, dep) && !covers(own.pkg, dep) {
					t.Errorf("%s imports %s, but may not: %s", name, dep, own.why)
				}
				continue
			}
			for _, h := range homes {
				if covers(h.module+"/...", imp) && !slices.ContainsFunc(h.pkgs, func(home string) bool { return covers(home, name) }) {
					t.Errorf("%s imports %s, which only %s may: %s", name, imp, cmp.Or(strings.Join(h.pkgs, ", "), "a test"), h.why)
				}
			}
		}
	}
}

// What a table allows is what somebody needs: an allowance that nobody uses any more
// would let an import come back unseen.
func TestEveryAllowanceIsUsed(t *testing.T) {
	imports := importsOf(t)
	used := func(entry string, is func(imp string) bool) bool {
		for name, list := range imports {
			if covers(entry, name) && slices.ContainsFunc(list, is) {
				return true
			}
		}
		return false
	}
	for _, l := range layers {
		for i, dep := range l.may {
			switch {
			case slices.Contains(l.may[:i], dep):
				t.Errorf("%s may import %s, twice", l.pkg, dep)
			case !used(l.pkg, func(imp string) bool { return imp == "pikv/"+dep }):
				t.Errorf("%s may import %s, and does not", l.pkg, dep)
			}
		}
	}
	for _, h := range homes {
		for _, pkg := range h.pkgs {
			if !used(pkg, func(imp string) bool { return covers(h.module+"/...", imp) }) {
				t.Errorf("%s may import %s, and does not", pkg, h.module)
			}
		}
	}
}

// covers reports whether the table's entry, "x" or "x/...", is about pkg.
func covers(entry, pkg string) bool {
	if root, all := strings.CutSuffix(entry, "/..."); all {
		return pkg == root || strings.HasPrefix(pkg, root+"/")
	}
	return pkg == entry
}

// importsOf returns what each package of the project imports in its non-test
// files, whatever system they are for. To look at direct imports is enough,
// since every package has its line. It reads the files itself: what `go list`
// reads is unknown to the test cache, which would then hide a new import.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	imports := make(map[string][]string)
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || len(name) > 1 && strings.HasPrefix(entry.Name(), ".")) {
			return fs.SkipDir
		}
		pkg := path.Dir(name)
		if pkg == "." || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			imports[pkg] = append(imports[pkg], strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}
