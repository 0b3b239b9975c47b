//go:build !linux || race

package store

func hugePages([]byte) {}

func smallPages([]byte) {}
