//go:build !linux

package main

import (
	"errors"

	"github.com/urfave/cli/v2"
)

// studyRunCommand says where it works.
func studyRunCommand(env) *cli.Command {
	return &cli.Command{
		Name:            "run",
		Usage:           "measure the study's figures into a folder: only on Linux",
		SkipFlagParsing: true,
		Action: func(*cli.Context) error {
			return errors.New("the study is measured on Linux alone: it reads what processes use of the machine")
		},
	}
}
