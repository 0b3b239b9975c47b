package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/urfave/cli/v2"

	"pikv/membership"
)

// newApp builds the command. What it is asked for goes to out, the log to errOut.
func newApp(out, errOut io.Writer) *cli.App {
	app := &cli.App{
		Name:      "pikvd",
		Usage:     "a node of a pikv cluster, the key-value store for small computers",
		UsageText: "pikvd start --role master|worker [flags]\npikvd check --role master|worker [flags]\npikvd dev [--workers N] [--replicas R]\npikvd sample --role master|worker\npikvd version",
		Description: "First try:   pikvd dev\n" +
			"A cluster:   pikvd start --role master              on one host\n" +
			"             pikvd start --role worker              on the others, with --join HOST where multicast does not go\n" +
			"Exit codes:  0 stopped as asked, 1 failed, 2 wrong usage",
		Writer:      out,
		ErrWriter:   errOut,
		HideVersion: true, // `pikvd version` says it, and --version below
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "version", Usage: "say which version this is", DisableDefaultText: true}},
		// Shells ask for completions by a last argument that nobody types.
		EnableBashCompletion: true,
		Commands: []*cli.Command{
			{
				Name:  "start",
				Usage: "run one node until SIGTERM or Ctrl-C; a worker hands its data over first, for at most a minute",
				Flags: append(flags(), configFlag()),
				Action: func(c *cli.Context) error {
					cfg, err := settingsOf(c, thisMachine())
					if err != nil {
						return err
					}
					return start(cfg, out, errOut)
				},
			},
			checkCommand(out, errOut),
			{
				Name:  "dev",
				Usage: "run a whole cluster in this process, on loopback, for a first try; its data ends with it",
				Flags: devFlags(),
				Action: func(c *cli.Context) error {
					return dev(c, out, errOut)
				},
			},
			{
				Name:  "sample",
				Usage: "print a file for --config with every setting of a role, its default and the reason, all commented out",
				Flags: []cli.Flag{&cli.StringFlag{Name: "role", Usage: "`ROLE` of the node: master or worker"}},
				Action: func(c *cli.Context) error {
					return writeSample(out, membership.Role(c.String("role")))
				},
			},
			{
				Name:   "man",
				Usage:  "print the manual page",
				Hidden: true, // the packages have it
				Action: func(c *cli.Context) error {
					c.App.Description = strings.ReplaceAll(c.App.Description, "\n", "\n\n") // or its lines would flow into one
					page, err := c.App.ToManWithSection(8)
					if err != nil {
						return fmt.Errorf("make the manual page: %w", err)
					}
					_, err = io.WriteString(out, page)
					return err
				},
			},
			{
				Name:  "version",
				Usage: "say which version this is",
				Action: func(*cli.Context) error {
					_, err := fmt.Fprintln(out, versionText())
					return err
				},
			},
		},
		// Exit codes are main's business; the library's handler would exit here.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   refuse,
		Action: func(c *cli.Context) error {
			if c.Bool("version") && !c.Args().Present() {
				_, err := fmt.Fprintln(out, versionText())
				return err
			}
			if c.Args().Present() {
				return &usageError{fmt.Errorf("there is no command %q; `pikvd --help` lists them", c.Args().First())}
			}
			return cli.ShowAppHelp(c)
		},
	}
	for _, cmd := range app.Commands {
		cmd.HideHelpCommand = true
		cmd.OnUsageError = refuse
		cmd.Before = noArguments
	}
	return app
}

// refuse turns a flag that the library could not parse into a usageError,
// instead of a page of help.
func refuse(c *cli.Context, err error, _ bool) error {
	name := strings.TrimSpace("pikvd " + c.Command.Name)
	return &usageError{fmt.Errorf("%w; `%s --help` lists the flags", err, name)}
}

// noArguments refuses words that stand where only flags may: the library
// takes everything behind the first of them for arguments, flags included.
func noArguments(c *cli.Context) error {
	if c.Args().Present() {
		return &usageError{fmt.Errorf("%q is not a flag; pikvd %s takes only flags", c.Args().First(), c.Command.Name)}
	}
	return nil
}

// versionText names the version, the commit, the compiler and the system.
func versionText() string {
	v := version
	if commit != "" {
		v += " (commit " + commit + ")"
	}
	return fmt.Sprintf("pikvd %s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
