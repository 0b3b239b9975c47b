// Package study measures the figures of the 2016 study that pikv starts from,
// and those that the study wanted and did not reach: on this machine as it is, on
// simulated computers, or on a cluster that runs somewhere.
//
// What it measures lies in a folder of three files: run.json says what was
// measured where (Run), points.csv has a line for each repeat of each point of a
// figure (Point), and timeline.csv has what a user sees while nodes come and go
// (Sample). The header of a CSV file names its columns; who reads finds them by name,
// so that a column more is no harm. Lines are appended one at a time, whole: a
// run that ends early leaves everything that it has measured.
//
// All times are those of the computers that are measured. Simulated ones may run
// slower than real ones by a factor, the dilation; then times are divided by it
// before they are written, and the factor stands beside them.
package study
