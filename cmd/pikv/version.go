package main

import (
	"fmt"
	"runtime"

	"github.com/urfave/cli/v2"
)

func versionCommand(e env) *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON for machines"}},
		Action: func(cc *cli.Context) error {
			if cc.NArg() > 0 {
				return usagef("version", "it takes no argument")
			}
			platform := runtime.GOOS + "/" + runtime.GOARCH
			if cc.Bool("json") {
				return writeJSON(e.stdout, map[string]string{
					"version": version, "commit": commit, "go": runtime.Version(), "platform": platform,
				})
			}
			from := ""
			if commit != "" {
				from = "commit " + commit + ", "
			}
			_, err := fmt.Fprintf(e.stdout, "pikv %s (%s%s, %s)\n", version, from, runtime.Version(), platform)
			return err
		},
	}
}
