package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
)

// checkCommand is start without starting: whoever writes a file for --config asks it
// before the file replaces another one.
func checkCommand(out, errOut io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "take the settings of start, say what is wrong with them, and start nothing; exits with 2 when anything is",
		Flags: append(flags(), configFlag()),
		Action: func(c *cli.Context) error {
			cfg, err := settingsOf(c, thisMachine())
			if err != nil {
				return err
			}
			for _, warning := range cfg.warnings {
				fmt.Fprintf(errOut, "pikvd: warning: %s\n", warning)
			}
			_, err = fmt.Fprintf(out, "the settings are right for %s %s\n", cfg.role, cfg.name)
			return err
		},
	}
}

// configFlag names the file of settings.
func configFlag() cli.Flag {
	return &cli.StringFlag{Name: "config",
		Usage: "a YAML `FILE` with any of these settings, \"name: value\" a line [$" + envName("config") + "]"}
}
