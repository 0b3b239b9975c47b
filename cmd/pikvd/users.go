package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// password is what a node keeps of one: its SHA-256.
type password = [sha256.Size]byte

// defaultUser is the user of a Redis client that names none.
const defaultUser = "default"

const (
	maxUsers    = 1024
	maxPassword = 512 // bytes
	hashPrefix  = "sha256:"
)

// errUserTwice is for a name with two passwords.
var errUserTwice = errors.New("named twice")

// readRequirePass reads the password of the default user: the file's only line.
func readRequirePass(file string) (p password, warning string, err error) {
	text, warning, err := readSecret(file, "password")
	if err != nil {
		return p, "", err
	}
	line := bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	if len(line) == 0 || len(line) > maxPassword || bytes.ContainsAny(line, "\r\n") {
		return p, "", fmt.Errorf("%s must have one line with a password of 1 to %d bytes", file, maxPassword)
	}
	return sha256.Sum256(line), warning, nil
}

// readPasswords reads both files, of which "" is none.
func readPasswords(requirepassFile, usersFile string) (users map[string]password, warnings []string, wrong problems) {
	if usersFile != "" {
		all, warning, err := readUsers(usersFile)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--users-file: %w", err))
		}
		users, warnings = all, append(warnings, warning)
	}
	if requirepassFile != "" {
		p, warning, err := readRequirePass(requirepassFile)
		if _, twice := users[defaultUser]; twice && err == nil {
			err = fmt.Errorf("--users-file has a password for %s, too: %w", defaultUser, errUserTwice)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--requirepass-file: %w", err))
		}
		if users == nil {
			users = make(map[string]password)
		}
		users[defaultUser], warnings = p, append(warnings, warning)
	}
	warnings = slices.DeleteFunc(warnings, func(w string) bool { return w == "" })
	return users, warnings, wrong
}

// readUsers reads the users and their passwords. A line has a name and, behind
// spaces, the password: itself, or "sha256:" and 64 hexadecimal digits. Empty
// lines, and those that begin with #, say nothing.
func readUsers(file string) (users map[string]password, warning string, err error) {
	text, warning, err := readSecret(file, "list of passwords")
	if err != nil {
		return nil, "", err
	}
	users = make(map[string]password)
	var wrong []error
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, p, err := parseUser(line)
		if _, twice := users[name]; twice && err == nil {
			err = fmt.Errorf("user %s: %w", name, errUserTwice)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s, line %d: %w", file, n, err))
			continue
		}
		users[name] = p
	}
	switch {
	case len(wrong) > 0:
		return nil, "", errors.Join(wrong[:min(len(wrong), 20)]...)
	case len(users) == 0:
		return nil, "", fmt.Errorf("%s names no user; a line has a name and a password", file)
	case len(users) > maxUsers:
		return nil, "", fmt.Errorf("%s names %d users; the most is %d", file, len(users), maxUsers)
	}
	return users, warning, nil
}

// parseUser reads one user's line. Its errors do not repeat the password.
func parseUser(line string) (name string, p password, err error) {
	fields := strings.Fields(line)
	if len(fields) != 2 {
		return "", p, fmt.Errorf("%d words; want a name and a password, without spaces in them", len(fields))
	}
	name, secret := fields[0], fields[1]
	if err := checkName(name, maxName); err != nil {
		return "", p, fmt.Errorf("user %w", err)
	}
	digits, hashed := strings.CutPrefix(secret, hashPrefix)
	switch {
	case len(secret) > maxPassword:
		return "", p, fmt.Errorf("user %s: the password has more than %d bytes", name, maxPassword)
	case !hashed:
		return name, sha256.Sum256([]byte(secret)), nil
	case len(digits) != hex.EncodedLen(len(p)):
		return "", p, fmt.Errorf("user %s: %s wants %d hexadecimal digits, as `sha256sum` prints them", name, hashPrefix, hex.EncodedLen(len(p)))
	}
	if _, err := hex.Decode(p[:], []byte(digits)); err != nil {
		return "", p, fmt.Errorf("user %s: %s wants hexadecimal digits", name, hashPrefix)
	}
	return name, p, nil
}
