// Command pikv talks to a pikv cluster: it stores, reads and lists keys, shows
// where they lie and how the cluster is, and does what an operator decides.
//
// Its life: main hands the arguments to run, which sorts flags from arguments
// (arrange), has urfave/cli find the subcommand, and calls that command's Run;
// Run connects (a client.Client), makes its calls and prints. The error
// comes back to run, which prints it and turns it into the exit code.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Set by the linker: -ldflags "-X main.version=v1.2.3 -X main.commit=0123456789ab".
var (
	version = "dev"
	commit  string // "" when unknown
)

func main() {
	end := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // by nohup
		end = append(end, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), end...)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	code := run(ctx, env{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		typed: isTerminal(os.Stdin), watched: isTerminal(os.Stderr), shown: isTerminal(os.Stdout),
	}, os.Args[1:])
	stop()
	os.Exit(code)
}

// isTerminal reports whether f is a device that takes characters. So is
// /dev/null, which never answers and where nobody reads.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
