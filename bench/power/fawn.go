package power

// FAWNQueriesPerJoule is what FAWN-KV, the reference for stores on weak nodes,
// reached (Andersen et al., SOSP 2009): about so many reads of 256 bytes for
// each joule, on nodes with 500 MHz and 256 MB of memory.
const FAWNQueriesPerJoule = 350

// FAWNCaveat belongs beside any comparison with that figure.
const FAWNCaveat = "FAWN-KV read from CompactFlash, and could hold more than its memory; pikv serves from memory, so that its figure is not one of the same service. " +
	"Nor is the load the same: FAWN-KV's figure is of reads alone, of 256 bytes; pikv's is of values of 128 bytes, half of the requests writes."
