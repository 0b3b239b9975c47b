package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange sorts a command line so that urfave/cli, which takes every flag after
// the first argument for an argument, understands it: the command's name, its
// flags, --, its arguments. Flags before the name go to the command. A flag
// that the command does not know stays a flag, for cli to refuse; so a value
// that begins with - is taken for one only after --. "help x" is "x --help",
// which leaves arguments out: cli would look for help on those.
func arrange(app *cli.App, args []string) []string {
	var path, before []string
	known, commands := flagTable(app.Flags), app.Commands
	for {
		n := 0
		for n < len(args) && isFlag(args[n]) {
			if name := flagName(args[n]); len(path) == 0 && (name == "version" || name == "v") {
				return []string{"version"}
			}
			n += known.width(args[n])
		}
		n = min(n, len(args))
		before, args = append(before, args[:n]...), args[n:]
		if len(args) == 0 {
			return append(path, before...)
		}
		if len(path) == 0 && args[0] == "help" {
			args = append(slices.Clone(args[1:]), "--help")
			continue
		}
		cmd := commandOf(commands, args[0])
		path, args = append(path, args[0]), args[1:]
		if cmd == nil {
			return append(path, args...) // cli's to refuse
		}
		known, commands = flagTable(cmd.Flags), cmd.Subcommands
		if len(commands) == 0 {
			s := splitter{known: known, numbers: takesNumber(cmd), flags: before}
			s.split(args)
			switch {
			case s.help:
				return append(path, "--help")
			case s.unfinished:
				return append(path, s.flags...) // cli must not take -- for the flag's value
			}
			return slices.Concat(path, s.flags, []string{"--"}, s.args)
		}
	}
}

// commandOf returns the command of that name, nil when there is none.
func commandOf(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// takesNumber reports whether an argument of cmd may be a negative number.
func takesNumber(cmd *cli.Command) bool { return cmd.Name == "incr" }

// splitter separates a command's flags from its arguments.
type splitter struct {
	known   flags
	numbers bool // a word like -5 is an argument
	flags   []string
	args    []string
	help    bool // is asked for
	// unfinished: the last flag's value is missing
	unfinished bool
}

// split sorts words into s.flags and s.args.
func (s *splitter) split(words []string) {
	for i := 0; i < len(words); {
		word := words[i]
		switch {
		case word == "--":
			s.args = append(s.args, words[i+1:]...)
			return
		case !isFlag(word), s.numbers && isNumber(word):
			s.args = append(s.args, word)
			i++
		default:
			end := min(i+s.known.width(word), len(words))
			s.unfinished = end < i+s.known.width(word)
			s.help = s.help || flagName(word) == "help" || flagName(word) == "h"
			s.flags = append(s.flags, words[i:end]...)
			i = end
		}
	}
}

// isNumber reports whether word is a whole number.
func isNumber(word string) bool {
	_, err := strconv.ParseInt(word, 10, 64)
	return err == nil
}

// flags says of each flag, by every name that it has, whether a value follows it.
type flags map[string]bool

// flagTable lists fs and the help flag.
func flagTable(fs []cli.Flag) flags {
	table := flags{"help": false, "h": false}
	for _, f := range fs {
		_, isBool := f.(*cli.BoolFlag)
		for _, name := range f.Names() {
			table[name] = !isBool
		}
	}
	return table
}

// width returns how many words the flag takes that begins with word.
func (f flags) width(word string) int {
	if f[flagName(word)] && !strings.Contains(word, "=") {
		return 2
	}
	return 1
}

// isFlag reports whether word looks like a flag; "-" and "--" do not.
func isFlag(word string) bool {
	return len(word) > 1 && word[0] == '-' && word != "--"
}

// flagName returns the name in -name, --name or --name=value.
func flagName(word string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-")
	name, _, _ = strings.Cut(name, "=")
	return name
}
