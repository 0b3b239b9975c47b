package power

// A Formula is a step of the arithmetic as a report tells it.
type Formula struct {
	Name string
	Text string // with units
	Why  string
}

// Formulas returns what is computed, in the order in which one builds on the
// other.
func Formulas() []Formula {
	return []Formula{
		{"use of a node's processor (0 to 1)", "processor time of its process (s) ÷ (time (s) × cores × core speed ÷ core speed of the machine that ran it)",
			"Processor time is measured on the machine that simulates; a slower core is busy for longer with the same work."},
		{"watts of a board, specification (W)", "the maker's watts for a busy board",
			"As the study planned it; it does not depend on what the board does."},
		{"watts of a board, measured (W)", "idle (W) + use × (load (W) − idle (W))",
			"Power grows with the use of the processor, nearly in a straight line; both ends were measured, by the sources named."},
		{"watts of a cluster (W)", "sum over boards of watts ÷ efficiency of the supply + switches × watts of a switch",
			"What is paid for comes from the wall. A machine that was measured at the wall has its supply in its watts. A chain of k switches with 8 ports has 6k + 2 of them; one is for the clients. Switches carry 1 Gbit/s at most: a faster one would cost more than most of the machines, and small values do not need it."},
		{"requests per joule (1/J)", "requests per second (1/s) ÷ watts of the cluster (W)", "A watt is a joule per second."},
		{"price of a cluster ($)", "sum over machines of (machine + supply + card) + switches × price of a switch",
			"Prices are those of their years, and are not brought to one year's money."},
		{"requests per second and dollar (1/s/$)", "requests per second (1/s) ÷ price of the cluster ($)", "What it costs to have it; what it costs to run is the watts' business."},
		{"latency on the model's own core (s)", "latency (s) + processor time per request (s) × (core speed of the machine that ran it ÷ the model's − 1 ÷ dilation)",
			"A quota caps throughput, not the speed of one thread. It is the most that can be missing: as if all of a request's work came one after the other."},
	}
}
