// Package report turns a folder of measurements (package bench/study) into
// answers: a page, Markdown, plots and tables.
//
// Load reads the folder. Build computes a Figure for each figure of the study:
// plots, tables and conclusions; then what became of the study's claims and of
// the goals. Write puts them into files. Nothing in a report is written by hand
// about what was measured: every sentence with a number in it is made of the
// data, and another run has other sentences.
//
// A point is the median over its repeats; its bars go from the 5th to the 95th
// percentile of them. Repeats with a mark are shown, each as a cross, and do
// not count, unless a point has no others. What was simulated is called so in
// the title of every plot and table.
package report
