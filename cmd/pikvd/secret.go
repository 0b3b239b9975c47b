package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxSecretFile bounds what is read of a file with secrets: it may have been
// mistaken for another one.
const maxSecretFile = 1 << 20

// readSecret reads a file with a secret, which the texts call what. The warning,
// if any, is for the log: others can read the file.
func readSecret(file, what string) (content []byte, warning string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, "", fmt.Errorf("read the %s: %w", what, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, "", fmt.Errorf("read the %s: %w", what, err)
	}
	if !info.Mode().IsRegular() {
		return nil, "", fmt.Errorf("%s is not a file", file)
	}
	if info.Size() > maxSecretFile {
		return nil, "", fmt.Errorf("%s has %s, too much for a %s", file, formatSize(info.Size()), what)
	}
	content, err = io.ReadAll(io.LimitReader(f, maxSecretFile))
	if err != nil {
		return nil, "", fmt.Errorf("read the %s: %w", what, err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		warning = fmt.Sprintf("others can read the %s: %s has mode %v, and %v is enough", what, file, mode, fs.FileMode(0o600))
	}
	return content, warning, nil
}
