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
					"version": version, "go": runtime.Version(), "platform": platform,
				})
			}
			_, err := fmt.Fprintf(e.stdout, "pikv %s (%s, %s)\n", version, runtime.Version(), platform)
			return err
		},
	}
}
