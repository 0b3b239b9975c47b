package main

import (
	"fmt"
	"io"
	"strings"

	"pikv/membership"
)

// writeSample writes a file for --config that says every setting of a role, commented
// out, with its meaning, its default and why that is the default.
func writeSample(w io.Writer, role membership.Role) error {
	if role != membership.RoleMaster && role != membership.RoleWorker {
		return &usageError{fmt.Errorf("--role: %w", oneOf(string(role), string(membership.RoleMaster), string(membership.RoleWorker)))}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Settings of a pikv %s: every key of `pikvd start`, as flags have them. What is commented out has its default.\n"+
		"# Flags and variables of the environment (PIKV_...) win over this file. `pikvd start --help` says the same.\n", role)
	for _, o := range options {
		if o.name == "role" || o.name == "recover" || o.only != "" && o.only != string(role) {
			continue // the unit says the role; to recover is for one start only
		}
		fmt.Fprintf(&b, "\n# %s%s\n", strings.ReplaceAll(o.usage, "`", ""), sampleReason(o))
		switch value := o.def; {
		case value != "":
			fmt.Fprintf(&b, "#%s: %s\n", o.name, value)
		case o.kind == list:
			fmt.Fprintf(&b, "#%s: []\n", o.name)
		default:
			fmt.Fprintf(&b, "#%s:\n", o.name)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sampleReason says why the default is what it is.
func sampleReason(o option) string {
	if strings.HasPrefix(o.why, "see ") { // a place in the code
		return ""
	}
	return "\n# Why: " + o.why
}
