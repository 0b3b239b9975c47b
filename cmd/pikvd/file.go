package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"gopkg.in/yaml.v3"
)

// given is what one source says of one option.
type given struct {
	values []string // one, unless the option is a list
	from   string   // where it stands, for messages; "" on the command line
}

// readFile reads a YAML file whose keys are the options' names. Every mistake
// in it is reported, each with its line, beside the settings that are right.
func readFile(name string) (map[string]given, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	return parseFile(name, data)
}

// parseFile is readFile without the disk. It takes each value as it is written,
// so that a node may be called "no" and a size be 010.
func parseFile(name string, data []byte) (map[string]given, error) {
	settings := make(map[string]given)
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF): // only comments, or nothing
		return settings, nil
	case err != nil:
		return nil, fmt.Errorf("--config: %s: %w", name, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("--config: %s: there is more after the first document", name)
	}
	top := document.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" {
		return settings, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("--config: %s: want lines of the form \"name: value\"", name)
	}
	var wrong problems
	for pair := range slices.Chunk(top.Content, 2) {
		key, value := pair[0], pair[1]
		where := fmt.Sprintf("%s, line %d", name, key.Line)
		i := slices.IndexFunc(options, func(o option) bool { return o.name == key.Value })
		if i < 0 {
			wrong = append(wrong, fmt.Errorf("--config: %s: unknown key %q", where, key.Value))
			continue
		}
		if _, twice := settings[key.Value]; twice {
			wrong = append(wrong, fmt.Errorf("--config: %s: %s is there twice", where, key.Value))
			continue
		}
		values, err := valuesOf(value, options[i].kind)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--config: %s: %s %w", where, key.Value, err))
			continue
		}
		settings[key.Value] = given{values: values, from: where}
	}
	return settings, wrong.orNil()
}

// valuesOf returns the texts of a value: one scalar, or for a list also a
// sequence of them.
func valuesOf(value *yaml.Node, k kind) ([]string, error) {
	nodes := []*yaml.Node{value}
	if k == list && value.Kind == yaml.SequenceNode {
		nodes = value.Content
	}
	var values []string
	for _, n := range nodes {
		switch {
		case n.Kind != yaml.ScalarNode && k == list:
			return nil, errors.New("must be one value or a list of values")
		case n.Kind != yaml.ScalarNode:
			return nil, errors.New("must be one value")
		case n.Tag == "!!null":
			return nil, errors.New("has no value")
		}
		values = append(values, n.Value)
	}
	return values, nil
}
