//go:build !linux

package lan

import (
	"errors"
	"os/exec"
)

// Enter fails: only Linux has network namespaces; New has said so before.
func (h *Host) Enter(func() error) error {
	return errors.New("enter " + h.Name + ": this system has no network namespaces")
}

// dieWithParent does nothing.
func dieWithParent(*exec.Cmd) {}
