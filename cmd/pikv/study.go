package main

import "github.com/urfave/cli/v2"

func studyCommand(e env) *cli.Command {
	return &cli.Command{
		Name:        "study",
		Usage:       "measure whether small computers make a useful store, see pikv study run --help and pikv study report --help",
		Subcommands: []*cli.Command{studyRunCommand(e), studyReportCommand(e)},
		Action: func(cc *cli.Context) error {
			if cc.NArg() > 0 {
				return usagef("study", "there is no command %q", "study "+cc.Args().First())
			}
			return usagef("study", "say what to do: pikv study run FOLDER, and then pikv study report FOLDER")
		},
	}
}
