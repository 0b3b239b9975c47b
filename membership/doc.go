// Package membership tells a node which other nodes of its cluster are alive.
package membership
