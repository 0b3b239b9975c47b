// Package usage asks the system what this process takes of its processors, and what
// goes through a network interface.
package usage
