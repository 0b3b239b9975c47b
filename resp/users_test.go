package resp

import "crypto/sha256"

// users makes Config.Users of names and passwords.
func users(pairs ...string) map[string][sha256.Size]byte {
	m := make(map[string][sha256.Size]byte)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = sha256.Sum256([]byte(pairs[i+1]))
	}
	return m
}
