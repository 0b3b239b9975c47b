package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange sorts a command line so that urfave/cli, which takes every flag after
// the first argument for an argument, understands it: the command's name, its
// flags, --, its arguments. Flags before the name go to the command. A flag
// that the command does not know stays a flag, for cli to refuse.
//
// After put's KEY anything that is not a flag of put is the value, also -5;
// and a single word that follows KEY as the last of the line is the value
// whatever it looks like (but --file, which says where the value is, stays a flag).
// A value that may look like a flag is safe after --.
func arrange(app *cli.App, args []string) []string {
	common := flagTable(app.Flags)
	first := 0
	for first < len(args) && isFlag(args[first]) {
		if name := flagName(args[first]); name == "version" || name == "v" {
			return []string{"version"}
		}
		first += common.width(args[first])
	}
	if first >= len(args) {
		return args
	}
	name, rest := args[first], args[first+1:]
	cmd := app.Command(name)
	if cmd == nil || args[first] == "--" {
		return append([]string{name}, rest...) // "help", or cli's to refuse
	}
	s := splitter{known: flagTable(cmd.Flags), isPut: cmd.Name == "put"}
	s.flags = slices.Clone(args[:first])
	s.split(rest)
	if s.unfinished {
		return append([]string{name}, s.flags...) // cli must not take -- for the flag's value
	}
	return slices.Concat([]string{name}, s.flags, []string{"--"}, s.args)
}

// splitter separates a command's flags from its arguments.
type splitter struct {
	known flags
	isPut bool
	flags []string
	args  []string
	file  bool // --file was among the flags
	// unfinished: the last flag's value is missing
	unfinished bool
}

// split sorts words into s.flags and s.args.
func (s *splitter) split(words []string) {
	afterKey := -1 // where the word after KEY is
	for i := 0; i < len(words); {
		word := words[i]
		switch {
		case word == "--":
			s.args = append(s.args, words[i+1:]...)
			return
		case !isFlag(word), s.isValue(word, i == afterKey && i == len(words)-1):
			s.args = append(s.args, word)
			i++
			if len(s.args) == 1 {
				afterKey = i
			}
		default:
			end := min(i+s.known.width(word), len(words))
			s.unfinished = end < i+s.known.width(word)
			s.flags = append(s.flags, words[i:end]...)
			s.file = s.file || flagName(word) == "file"
			i = end
		}
	}
}

// isValue reports whether word, which looks like a flag, is put's value.
// alone says that it follows KEY directly and ends the line.
func (s *splitter) isValue(word string, alone bool) bool {
	if !s.isPut || s.file || len(s.args) != 1 {
		return false
	}
	_, known := s.known[flagName(word)]
	return !known || (alone && flagName(word) != "file")
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
