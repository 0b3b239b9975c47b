package testcluster

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// RedisUsers are the passwords of Redis clients, by the user's name. "default" is the
// user of a client that names none.
type RedisUsers map[string]string

// hashed is what nodes keep of them.
func (u RedisUsers) hashed() map[string][sha256.Size]byte {
	all := make(map[string][sha256.Size]byte, len(u))
	for name, password := range u {
		all[name] = sha256.Sum256([]byte(password))
	}
	return all
}

// flags are those by which pikvd reads them from files: the default user's password from
// one of its own, as people have it who have no other user.
func (u RedisUsers) flags(t testing.TB) ([]string, error) {
	dir := t.TempDir()
	var args []string
	var users []byte
	add := func(flag string, text []byte) error {
		file := filepath.Join(dir, flag)
		args = append(args, "--"+flag, file)
		return os.WriteFile(file, text, 0o600)
	}
	for name, password := range u {
		if name != "default" {
			users = fmt.Appendf(users, "%s %s\n", name, password)
		} else if err := add("requirepass-file", []byte(password+"\n")); err != nil {
			return nil, fmt.Errorf("write a password: %w", err)
		}
	}
	if len(users) > 0 {
		if err := add("users-file", users); err != nil {
			return nil, fmt.Errorf("write passwords: %w", err)
		}
	}
	return args, nil
}
