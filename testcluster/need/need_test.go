package need

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// recorder is a testing.TB that notes how a test would have ended.
type recorder struct {
	testing.TB
	name string
	end  string
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return r.name }
func (r *recorder) Skip(args ...any) {
	r.end = "skip: " + fmt.Sprint(args...)
	runtime.Goexit()
}
func (r *recorder) Fatal(args ...any) {
	r.end = "fail: " + fmt.Sprint(args...)
	runtime.Goexit()
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Fatal(fmt.Sprintf(format, args...))
}

// ends runs f as a test called name, and returns how it ended.
func ends(name string, f func(testing.TB)) string {
	r := &recorder{name: name, end: "ran"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	return r.end
}

func TestAMissingNeedSkipsAndARequiredOneFails(t *testing.T) {
	python := func(tb testing.TB) { Python(tb, "no_such_module_anywhere") }
	peer := filepath.Join(t.TempDir(), "peer")
	require.NoError(t, os.WriteFile(peer, []byte("#!/bin/sh\necho Peer v=7.0.15\n"), 0o755))
	tests := []struct {
		about, env, name string
		test             func(testing.TB)
		want             string
	}{
		{"nothing required", "", "TestX", python, "skip: needs python3"},
		{"another need required", "root", "TestX", python, "skip: needs python3"},
		{"required", "root, python", "TestX", python, "fail: needs python3"},
		{"a program that is missing", "python", "TestX", func(tb testing.TB) { Peers(tb, "sh", "no-such-program") }, "skip: needs no-such-program"},
		{"a program that is required", "peers", "TestX", func(tb testing.TB) { Peers(tb, "no-such-program") }, "fail: needs no-such-program"},
		{"a program that is there", "peers", "TestX", func(tb testing.TB) { Peers(tb, "sh") }, "ran"},
		{"a version that is missing", "", "TestX", func(tb testing.TB) { PeerVersion(tb, peer, "v=7.2.") }, "skip: needs " + peer + " of a version \"v=7.2.\", and has \"Peer v=7.0.15"},
		{"a version that is required", "peers", "TestX", func(tb testing.TB) { PeerVersion(tb, peer, "v=7.2.") }, "fail: needs " + peer + " of a version"},
		{"a version that is there", "peers", "TestX", func(tb testing.TB) { PeerVersion(tb, peer, "v=7.0.") }, "ran"},
		{"fewer files", "", "TestX", func(tb testing.TB) { require.Equal(tb, 5, Files(tb, 10, 5)) }, "ran"},
		{"files that are required", "files", "TestX", func(tb testing.TB) { Files(tb, 10, 5) }, "fail: needs 10 open files, may have 5"},
		{"files that are there", "files", "TestX", func(tb testing.TB) { require.Equal(tb, 10, Files(tb, 10, 10)) }, "ran"},
		{"a misspelled need must not pass", "phyton", "TestX", python, "fail: PIKV_REQUIRE lists \"phyton\""},
		{"root is never a surprise", "", "TestNetnsX", Root, "skip: needs root and network namespaces"},
		{"nor is an emulated host", "root,hosts", "TestNetnsX", Emulation, "skip: boots an emulated host"},
		{"a playbook that cannot be run", "ansible", "TestX", func(tb testing.TB) { _ = os.Setenv("PATH", ""); Ansible(tb) }, "fail: needs ansible-playbook"},
		{"a name that make netns would not find", "root", "TestX", Root, "fail: need.Root: the name TestX lacks"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Setenv(Env, tt.env)
			t.Setenv("PATH", os.Getenv("PATH")) // whatever the test makes of it
			got := ends(tt.name, tt.test)
			require.Truef(t, strings.HasPrefix(got, tt.want), "ended with %q, want %q", got, tt.want)
		})
	}
}
