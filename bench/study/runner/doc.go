// Package runner measures the study's figures: it takes the steps of the plan, has a
// stage start the stores that they need, makes the requests, and appends what it
// saw to the folder, one repeat at a time, so that a run that ends early has what it
// has measured and can go on later.
package runner
