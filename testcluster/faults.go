package testcluster

// The faults that only hosts and processes of their own can have. A test that
// asks for one in another mode ends.

// Pause stops a node without ending it, as a machine that swaps or sleeps does.
func (c *Cluster) Pause(name string) {
	c.t.Helper()
	c.process(name).Pause()
}

// Resume lets a paused node go on.
func (c *Cluster) Resume(name string) {
	c.t.Helper()
	c.process(name).Resume()
}

// Cut drops everything that one host sends to the other, and nothing of the
// other direction. The names are nodes' or ClientHost.
func (c *Cluster) Cut(from, to string) {
	c.t.Helper()
	p := c.namespaces()
	a, err := p.host(from)
	if err != nil {
		c.t.Fatal(err)
	}
	b, err := p.host(to)
	if err != nil {
		c.t.Fatal(err)
	}
	p.lab.Cut(a, b)
}

// Isolate cuts a host off from all that there are now, both ways.
func (c *Cluster) Isolate(name string) {
	c.t.Helper()
	p := c.namespaces()
	h, err := p.host(name)
	if err != nil {
		c.t.Fatal(err)
	}
	p.lab.Isolate(h)
}

// Heal undoes all cuts.
func (c *Cluster) Heal() {
	c.t.Helper()
	c.namespaces().lab.Heal()
}

// Limit slows a host's cable, both ways, to a rate such as "100mbit".
func (c *Cluster) Limit(name, rate string) {
	c.t.Helper()
	p := c.namespaces()
	h, err := p.host(name)
	if err != nil {
		c.t.Fatal(err)
	}
	h.Limit(rate)
}

// namespaces returns the place if it is one.
func (c *Cluster) namespaces() *namespaces {
	c.t.Helper()
	p, ok := c.place.(*namespaces)
	if !ok {
		c.t.Fatalf("only a cluster in mode %q has hosts and cables", Namespaces)
	}
	return p
}

// process returns a node's process.
func (c *Cluster) process(name string) *processNode {
	c.t.Helper()
	p, ok := c.alive(name).running.(*processNode)
	if !ok {
		c.t.Fatalf("only a cluster in mode %q has a process for each node", Namespaces)
	}
	return p
}
