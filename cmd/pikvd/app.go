package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"
)

// newApp builds the command. What it is asked for goes to out, the log to errOut.
func newApp(out, errOut io.Writer) *cli.App {
	app := &cli.App{
		Name:      "pikvd",
		Usage:     "a node of a pikv cluster, the key-value store for small computers",
		UsageText: "pikvd start --role master|worker [flags]\npikvd dev [--workers N] [--replicas R]\npikvd version",
		Description: "First try:   pikvd dev\n" +
			"A cluster:   pikvd start --role master              on one host\n" +
			"             pikvd start --role worker --join HOST  on the others\n" +
			"Exit codes:  0 stopped as asked, 1 failed, 2 wrong usage",
		Writer:      out,
		ErrWriter:   errOut,
		HideVersion: true, // `pikvd version` says it
		Commands: []*cli.Command{
			{
				Name:  "start",
				Usage: "run one node until SIGTERM or Ctrl-C; a worker hands its data over first, for at most a minute",
				Flags: append(flags(), &cli.StringFlag{Name: "config",
					Usage: "a YAML `FILE` with any of these settings, \"name: value\" a line [$" + envName("config") + "]"}),
				Action: func(c *cli.Context) error {
					cfg, err := settingsOf(c, thisMachine())
					if err != nil {
						return err
					}
					return start(cfg, out, errOut)
				},
			},
			{
				Name:  "dev",
				Usage: "run a whole cluster in this process, on loopback, for a first try; its data ends with it",
				Flags: devFlags(),
				Action: func(c *cli.Context) error {
					return dev(c, out, errOut)
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

// versionText names the version, the compiler and the system.
func versionText() string {
	v := version
	if info, ok := debug.ReadBuildInfo(); ok && v == "dev" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v += " " + s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return fmt.Sprintf("pikvd %s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
