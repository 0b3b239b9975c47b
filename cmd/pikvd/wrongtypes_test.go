package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"pikv/wire"
)

// Attacks by values of the wrong type.

// wrongValues are one of each type; as a key or value only str and bin can be meant.
var wrongValues = map[string][]byte{
	"nil": {0xc0}, "true": {0xc3}, "a number": {0x07}, "a negative number": {0xff},
	"the largest number": {0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	"the least number":   {0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0},
	"a short float":      {0xca, 0x7f, 0xc0, 0, 0}, "a float": {0xcb, 0x40, 0, 0, 0, 0, 0, 0, 0},
	"a time": {0xd6, 0xff, 0, 0, 0, 0}, "an extension": {0xc7, 3, 5, 1, 2, 3},
	"no array": {0x90}, "an array": {0x92, 0xc4, 1, 'k', 0x07}, "an array of arrays": {0x91, 0x91, 0x91, 0x07},
	"no map": {0x80}, "a map": {0x81, 0x07, 0x07}, "a map under a map": {0x81, 0x81, 0x07, 0x07, 0xc0},
}

// bodies are the parameters of the methods that take a map.
var bodies = map[string]any{
	wire.MethodKeys: wire.KeysRequest{}, wire.MethodView: wire.ViewRequest{}, wire.MethodDrain: wire.DrainRequest{},
	wire.MethodReplicas: wire.ReplicasRequest{}, wire.MethodReset: wire.ResetRequest{}, wire.MethodReport: wire.ReportRequest{},
	wire.MethodChange: wire.ChangeRequest{}, wire.MethodSpare: wire.DrainRequest{}, wire.MethodActivate: wire.NodeRequest{},
	wire.MethodWeight: wire.WeightRequest{}, wire.MethodRemove: wire.NodeRequest{}, wire.MethodEvents: wire.EventsRequest{},
}

// methodTable reads the names of all methods where they are defined.
func methodTable(t *testing.T) (methods []string) {
	t.Helper()
	source, err := os.ReadFile("../../wire/messages.go")
	require.NoError(t, err)
	for _, found := range regexp.MustCompile(`(?m)^\tMethod\w+ += "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		methods = append(methods, found[1])
	}
	require.GreaterOrEqual(t, len(methods), 19)
	require.Subset(t, methods, []string{wire.MethodGet, wire.MethodPeer, wire.MethodChange})
	return methods
}

// misuse is a method's parameters, of which something is of the wrong type.
type misuse struct {
	method string
	what   string
	params []byte
	never  bool // it can mean nothing
}

// misuses of one method: each value alone instead of the parameters, at each place among
// right ones, within lists, and under each name of an option or of a field.
func misuses(method string) (all []misuse) {
	key := []byte{0xc4, 5, 't', 'y', 'p', 'e', 'd'}
	_, isBody := bodies[method]
	single := slices.Contains([]string{wire.MethodGet, wire.MethodPut, wire.MethodDel, wire.MethodIncr, wire.MethodGetSet, wire.MethodOwner}, method)
	many := slices.Contains([]string{wire.MethodMGet, wire.MethodMPut, wire.MethodMDel}, method)
	for name, value := range wrongValues {
		add := func(what string, never bool, params ...[]byte) {
			m := misuse{method, name + " " + what, wire.AppendArrayHeader(nil, len(params)), never}
			for _, p := range params {
				m.params = append(m.params, p...)
			}
			all = append(all, m)
		}
		isMap, isArray, isNil := value[0]>>4 == 0x8, value[0]>>4 == 0x9, value[0] == 0xc0 // nil is no options
		add("alone", single || many && !isArray || isBody && !isMap, value)
		add("first", single, value, key)
		add("second", method == wire.MethodPut || method == wire.MethodGetSet, key, value)
		add("third", method == wire.MethodPut && !isMap && !isNil, key, key, value)
		add("fourth", method == wire.MethodPut, key, key, []byte{0x80}, value)
		add("in a list", many, append([]byte{0x91}, value...))
		add("in a list of lists", method == wire.MethodMPut, append(append([]byte{0x91, 0x92}, key...), value...))
		for _, option := range []string{"ttl", "if", "version", "left", "epoch", "client", "seq", "finished", "attempt", "none"} {
			options := append(wire.AppendStr([]byte{0x81}, option), value...)
			add("as option "+option, option == "none" && (single || many), key, options)
			add("as option "+option+" of a value", option == "none" && (single || many), key, key, options)
		}
		for _, field := range fields(method) {
			add("as field "+field, false, append(wire.AppendStr([]byte{0x81}, field), value...))
		}
	}
	return all
}

// fields are the names in a method's map.
func fields(method string) (names []string) {
	body, ok := bodies[method]
	if !ok {
		return nil
	}
	for f := range reflect.TypeOf(body).Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("codec"), ",") // a tag may go on with options
		names = append(names, name)
	}
	return names
}

// wrongTypes calls every method with values of every wrong type: each call is answered,
// those that can mean nothing with bad_request, and the connection serves on. As
// notifications they are not answered; those that only other nodes may send end the
// connection.
func wrongTypes(t *testing.T, v victim, _ func()) {
	methods := methodTable(t)
	v.together(t, len(methods), func(i int, c *net.TCPConn) {
		wrong := misuses(methods[i])
		var all []byte
		for id, m := range wrong {
			all = append(append(all, wire.AppendRequest(nil, uint32(id), m.method)...), m.params...)
		}
		sent := make(chan error, 1)
		go func() { _, err := c.Write(all); sent <- err }()
		answers := newReplies(c)
		for range wrong {
			m, err := answers.next()
			if err != nil {
				t.Errorf("%s: the connection ends: %v", methods[i], err)
				break
			}
			if m.ID >= uint32(len(wrong)) {
				t.Errorf("%s: reply %d to nothing", methods[i], m.ID)
				break
			}
			if err := judge(wrong[m.ID], m); err != nil {
				t.Error(err)
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
	v.together(t, len(methods), func(i int, c *net.TCPConn) {
		var all []byte
		for _, m := range misuses(methods[i]) {
			all = append(append(all, wire.AppendNotify(nil, m.method)...), m.params...)
		}
		_, _ = c.Write(append(all, call(1, "Get", "alive")...)) // it may be ended meanwhile
		m, err := newReplies(c).next()
		switch methods[i] {
		case wire.MethodPeer, wire.MethodAtMost:
			if err == nil && codeOf(m) == wire.CodeInternal || err != nil && !errors.Is(err, io.EOF) && !hung(err) {
				t.Errorf("notifications of %s: %s, %v", methods[i], codeOf(m), err)
			}
		default:
			if code := codeOf(m); err != nil || code != "" && code != wire.CodeBusy {
				t.Errorf("after notifications of %s: %s, %v", methods[i], code, err)
			}
		}
	})
	value, found, err := wire.DecodeGetResult(wire.NewDecoder(v.ask(t, "Get", "alive").Result))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "yes", string(value))
}

// judge says what is wrong with the answer to a misuse.
func judge(m misuse, answer wire.Message) error {
	switch code := codeOf(answer); {
	case code == wire.CodeBusy, code == wire.CodeUnknownMethod && (m.method == wire.MethodPeer || m.method == wire.MethodAtMost || m.method == wire.MethodReport):
		return nil // Report is for masters
	case code == wire.CodeInternal, code == wire.CodeUnknownMethod, code == "no error of the protocol":
		return fmt.Errorf("%s, %s: %s: %q", m.method, m.what, code, answer.Err)
	case m.never && code != wire.CodeBadRequest:
		return fmt.Errorf("%s, %s: %q, not bad_request", m.method, m.what, code)
	}
	return nil
}
