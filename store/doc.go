// Package store keeps the key-value pairs of one partition in memory.
package store
