package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
)

// manCommand prints the manual page, which the packages have.
func manCommand(e env) *cli.Command {
	return &cli.Command{
		Name:   "man",
		Usage:  "print the manual page",
		Hidden: true,
		Action: func(cc *cli.Context) error {
			if cc.NArg() > 0 {
				return usagef("man", "it takes no argument")
			}
			page, err := cc.App.ToManWithSection(1)
			if err != nil {
				return fmt.Errorf("make the manual page: %w", err)
			}
			_, err = io.WriteString(e.stdout, page)
			return err
		},
	}
}
