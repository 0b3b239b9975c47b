package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// problems are everything that is wrong with the settings, reported at once.
type problems []error

// Error puts each problem on a line of its own.
func (p problems) Error() string {
	if len(p) == 1 {
		return p[0].Error()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems with the settings:", len(p))
	for _, err := range p {
		b.WriteString("\n  " + err.Error())
	}
	return b.String()
}

// Unwrap lets errors.Is see each of them.
func (p problems) Unwrap() []error { return p }

// orNil returns p as an error, nil when there are none.
func (p problems) orNil() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// settingsOf finds the settings of a node: flags win over the environment,
// that over the file, and what nobody says has its default. An environment
// variable that is empty says nothing. Every problem comes back at once, as a
// usageError.
func settingsOf(c *cli.Context, m machine) (*config, error) {
	cfg, err := assemble(m, commandLine(c))
	if err != nil {
		return nil, &usageError{err}
	}
	return cfg, nil
}

// commandLine returns the flags that were typed.
func commandLine(c *cli.Context) map[string]given {
	typed := make(map[string]given)
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		if !c.IsSet(name) {
			continue
		}
		switch f.(type) {
		case *cli.StringSliceFlag:
			typed[name] = given{values: c.StringSlice(name)}
		default:
			typed[name] = given{values: []string{fmt.Sprint(c.Value(name))}}
		}
	}
	return typed
}

// environment returns the options' variables that are set.
func environment(getenv func(string) string) map[string]given {
	set := make(map[string]given)
	for _, o := range options {
		value := getenv(envName(o.name))
		if value == "" {
			continue
		}
		values := []string{value}
		if o.kind == list {
			values = strings.Split(value, ",")
		}
		set[o.name] = given{values: values, from: envName(o.name)}
	}
	return set
}

// assemble parses the sources into a config, fills in the defaults that depend
// on others, and validates the whole.
func assemble(m machine, typed map[string]given) (*config, error) {
	sources := []map[string]given{typed, environment(m.getenv)}
	var wrong problems
	name := m.getenv(envName("config"))
	if g, ok := typed["config"]; ok {
		name = g.values[0]
	}
	if name != "" {
		file, err := readFile(name)
		if err != nil {
			var several problems
			if !errors.As(err, &several) {
				several = problems{err}
			}
			wrong = append(wrong, several...)
		}
		sources = append(sources, file)
	}

	cfg := &config{maxMemory: unset, maxValue: unset}
	failed := make(map[string]bool)
	for _, o := range options {
		found := given{}
		if o.def != "" {
			found.values = []string{o.def}
		}
		for _, source := range sources {
			if g, ok := source[o.name]; ok {
				found = g
				break
			}
		}
		for _, value := range found.values {
			if err := o.set(cfg, m, value); err != nil {
				wrong = append(wrong, fmt.Errorf("--%s%s: %w", o.name, found.source(), err))
				failed[o.name] = true
			}
		}
	}
	wrong = append(wrong, cfg.fill(m, failed)...)
	wrong = append(wrong, cfg.validate(m, failed)...)
	if err := wrong.orNil(); err != nil {
		return nil, err
	}
	return cfg, nil
}

// source says where a value came from, unless it was typed.
func (g given) source() string {
	if g.from == "" {
		return ""
	}
	return " (" + g.from + ")"
}
