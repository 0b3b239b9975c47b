// Package power says what clusters of small computers draw and cost, so that
// requests per second become requests per joule and per dollar.
//
// It has two tables, machines.csv and parts.csv, with a source beside every
// line; the rest is arithmetic on them, which Formulas tells in words. A figure
// that is not known stays empty, and whatever needs it fails and says so: a
// guess that nobody sees would be worse than no answer.
//
// There are two bases for watts, and they are never mixed. Specification takes
// the maker's figure for a busy machine, whatever it does; so the study planned
// to do it. Measured takes what others have measured of idle and of busy
// machines, and goes from one to the other in a straight line with the use of
// the processor. Both are of machines as their sources found them, not of those
// that a benchmark runs on.
package power
