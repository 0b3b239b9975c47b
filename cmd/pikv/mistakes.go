package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// mistakes are what is wrong with a command line: all of it is said at once.
type mistakes []string

// check notes a mistake unless holds.
func (m *mistakes) check(holds bool, format string, args ...any) {
	if !holds {
		*m = append(*m, fmt.Sprintf(format, args...))
	}
}

// of returns the mistakes as a usageError for command, nil when there are none.
func (m mistakes) of(command string) error {
	switch len(m) {
	case 0:
		return nil
	case 1:
		return usagef(command, "%s", m[0])
	}
	return &usageError{fmt.Sprintf("%d mistakes:\n  %s\n%s", len(m), strings.Join(m, "\n  "), seeHelp(command))}
}

// flagMistakes returns what is wrong with the flags in words, which arrange has
// sorted: cli itself would name the first alone.
func flagMistakes(app *cli.App, words []string) error {
	command, flags, commands := "", app.Flags, app.Commands
	for len(words) > 0 {
		c := commandOf(commands, words[0])
		if c == nil {
			break
		}
		command = strings.TrimSpace(command + " " + c.Name)
		flags, commands, words = c.Flags, c.Subcommands, words[1:]
	}
	known := flagTable(flags)
	var wrong mistakes
	for len(words) > 0 && isFlag(words[0]) {
		n := min(known.width(words[0]), len(words))
		if err := parseFlag(flags, words[:n]); err != nil {
			wrong = append(wrong, flagMistake(words[:n], err))
		}
		words = words[n:]
	}
	return wrong.of(command)
}

// parseFlag parses one flag with its value as cli would.
func parseFlag(flags []cli.Flag, words []string) error {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for _, f := range flags {
		if err := f.Apply(set); err != nil {
			continue // a variable of the environment, which cli reports
		}
	}
	if err := set.Parse(words); !errors.Is(err, flag.ErrHelp) {
		return err
	}
	return nil
}

// flagMistake puts the error of a flag, given by words, in words of ours.
func flagMistake(words []string, err error) string {
	const after = " (an argument that begins with - goes after --)"
	name := "--" + flagName(words[0])
	value := words[len(words)-1]
	if _, v, ok := strings.Cut(words[0], "="); ok {
		value = v
	}
	switch text := err.Error(); {
	case strings.HasPrefix(text, "flag provided but not defined"):
		return "there is no flag " + words[0] + after
	case strings.HasPrefix(text, "flag needs an argument"):
		return name + " needs a value" + after
	default: // invalid value "x" for flag -name: why
		return fmt.Sprintf("%s: %q is not a value that it takes%s", name, value, example(text, name))
	}
}

// example says what the flag takes, as far as its type tells.
func example(text, name string) string {
	switch {
	case strings.HasSuffix(text, "value out of range"):
		return ": it is out of range"
	case name == "--ttl" || name == "--timeout" || name == "--duration":
		return ": say 500ms, 30s or 5m"
	default:
		return ""
	}
}
