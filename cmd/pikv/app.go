package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"pikv/client"
)

// env is what a command has of the process that it runs in.
type env struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// Whether a person types stdin and reads stderr: then commands may ask,
	// and may show progress on a line that they write over.
	typed, watched bool
	shown          bool // a person reads stdout
}

// run executes the command line args (without the program's name) and returns
// the exit code.
func run(ctx context.Context, e env, args []string) int {
	app := newApp(e)
	words, err := args, error(nil)
	if n := len(args); n > 0 && args[n-1] == completionFlag {
		app.EnableBashCompletion = true // the line is not finished: it cannot be put in order
	} else {
		words = arrange(app, args)
		err = flagMistakes(app, words)
	}
	if err == nil {
		err = app.RunContext(ctx, append([]string{app.Name}, words...))
	}
	if err != nil {
		fmt.Fprintf(e.stderr, "pikv: %s\n", message(err))
	}
	return exitCode(err)
}

// completionFlag is what a shell's completion ends the words with that were typed.
const completionFlag = "--generate-bash-completion"

// newApp lists the subcommands.
func newApp(e env) *cli.App {
	commands := []*cli.Command{
		putCommand(e), getCommand(e), delCommand(e), mgetCommand(e), keysCommand(e),
		incrCommand(e), getsetCommand(e),
		locateCommand(e), statusCommand(e), topCommand(e), membersCommand(e), ringCommand(e),
		waitCommand(e), watchCommand(e), eventsCommand(e), replicasCommand(e),
		drainCommand(e), spareCommand(e), activateCommand(e), weightCommand(e), removeCommand(e), partitionCommand(e),
		benchCommand(e), studyCommand(e), versionCommand(e), manCommand(e),
	}
	for _, c := range commands {
		prepare(c, c.Name)
	}
	return &cli.App{
		Name:  "pikv",
		Usage: "talk to a pikv cluster",
		Description: "Flags may stand on either side of the arguments; -- ends them.\n" +
			"Exit codes: 0 done, 1 failed or interrupted, 2 wrong usage, 3 key not found, 4 cluster unavailable,\n" +
			"5 a condition did not hold and nothing was written, 6 not synced in time (wait).",
		Flags:          commonFlags(),
		Commands:       commands,
		HideVersion:    true,
		Writer:         e.stdout,
		ErrWriter:      e.stderr,
		ExitErrHandler: func(*cli.Context, error) {}, // run maps errors to exit codes
		OnUsageError: func(_ *cli.Context, err error, _ bool) error {
			return usagef("", "%v", err)
		},
		Action: func(cc *cli.Context) error {
			if name := cc.Args().First(); name != "" {
				return usagef("", "there is no command %q", name)
			}
			if err := cli.ShowAppHelp(cc); err != nil {
				return err
			}
			return &usageError{"give a command"}
		},
	}
}

// prepare gives c, called name with the words before it, and its subcommands what
// all commands have in common.
func prepare(c *cli.Command, name string) {
	c.HideHelpCommand = true // "pikv get help" reads the key called help
	c.OnUsageError = func(_ *cli.Context, err error, _ bool) error {
		return usagef(name, "%v", err)
	}
	for _, f := range c.Flags {
		if b, ok := f.(*cli.BoolFlag); ok {
			b.DisableDefaultText = true // not given is false, as everybody knows
		}
	}
	for _, sub := range c.Subcommands {
		prepare(sub, name+" "+sub.Name)
	}
}

// commonFlags are the flags of every command that talks to the cluster.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		seedsFlag(), clusterFlag(),
		&cli.DurationFlag{
			Name: "timeout", EnvVars: []string{"PIKV_TIMEOUT"}, Value: callTimeout,
			Usage: "how `LONG` a call may take, retries included, such as 500ms, 10s or 1m",
		},
		jsonFlag(),
	}
}

// callTimeout bounds a call unless --timeout does: longer than any failover
// that the cluster promises.
const callTimeout = 10 * time.Second

func seedsFlag() cli.Flag {
	return &cli.StringSliceFlag{
		Name: "seeds", EnvVars: []string{"PIKV_SEEDS"}, Value: cli.NewStringSlice("127.0.0.1:" + client.DefaultPort),
		Usage: "`HOST:PORT` of any nodes, masters or workers, separated by commas: give several, one may be down; without, this machine and then the network is asked",
	}
}

func jsonFlag() cli.Flag { return &cli.BoolFlag{Name: "json", Usage: "print JSON for machines"} }

// session is what the common flags say, and the base of every command.
type session struct {
	env
	command string // its name, with the words before it
	seeds   []string
	seeded  bool   // they were given
	cluster string // the one to look for when they were not, "" for any
	timeout time.Duration
	json    bool
	wrong   mistakes // so far; Run adds what is wrong with the arguments
}

// sessionOf reads the common flags.
func sessionOf(e env, cc *cli.Context) session {
	s := session{
		env: e, command: strings.TrimPrefix(cc.Command.HelpName, "pikv "),
		seeds: cc.StringSlice("seeds"), seeded: cc.IsSet("seeds"), cluster: cc.String("cluster"), timeout: cc.Duration("timeout"), json: cc.Bool("json"),
	}
	s.wrong.check(s.timeout > 0 || !cc.IsSet("timeout"), "--timeout %v is not a positive duration", s.timeout)
	return s
}

// mistakes returns what is wrong with the command line, nil for nothing.
func (s session) mistakes() error { return s.wrong.of(s.command) }

// connectWait bounds the search for a node that answers: a person waits for it.
const connectWait = 3 * time.Second

// connect finds the cluster. The caller closes the client.
func (s session) connect(ctx context.Context, opts ...client.Option) (*client.Client, error) {
	s, err := s.located(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	c, err := client.New(ctx, s.seeds, append(opts, client.WithTimeout(s.timeout))...)
	switch {
	case errors.Is(err, client.ErrUnavailable):
		if !s.seeded {
			return nil, fmt.Errorf("%w Nor does a cluster answer by multicast DNS; --seeds or PIKV_SEEDS may name nodes", err)
		}
		return nil, fmt.Errorf("%w --seeds or PIKV_SEEDS may name more nodes, workers too", err)
	case err != nil && ctx.Err() == nil: // what it was given makes no sense
		return nil, usagef(s.command, "--seeds: %s", strings.TrimPrefix(err.Error(), "client: "))
	default:
		return c, err
	}
}

// with connects, calls f and closes the connection.
func (s session) with(ctx context.Context, f func(c *client.Client) error) error {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	err = f(c)
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	return err
}
