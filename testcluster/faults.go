package testcluster

import "pikv/testcluster/netns"

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

// PID returns the number of a node's process.
func (c *Cluster) PID(name string) int {
	c.t.Helper()
	return c.process(name).PID()
}

// Cut drops everything that one host sends to the other, and nothing of the
// other direction. The names are nodes' or ClientHost.
func (c *Cluster) Cut(from, to string) {
	c.t.Helper()
	c.lab().Cut(c.host(from), c.host(to))
}

// Mend undoes the cut of that direction.
func (c *Cluster) Mend(from, to string) {
	c.t.Helper()
	c.lab().Mend(c.host(from), c.host(to))
}

// Isolate cuts a host off from all that there are now, both ways.
func (c *Cluster) Isolate(name string) {
	c.t.Helper()
	c.lab().Isolate(c.host(name))
}

// Mute drops all that a host sends to any that there are now.
func (c *Cluster) Mute(name string) {
	c.t.Helper()
	c.lab().Mute(c.host(name))
}

// Deafen drops all that any host that there is now sends to this one.
func (c *Cluster) Deafen(name string) {
	c.t.Helper()
	c.lab().Deafen(c.host(name))
}

// Connect undoes all cuts to and from a host.
func (c *Cluster) Connect(name string) {
	c.t.Helper()
	c.lab().Connect(c.host(name))
}

// Heal undoes all cuts.
func (c *Cluster) Heal() {
	c.t.Helper()
	c.lab().Heal()
}

// Lose has so many of a thousand packets lost between any hosts; 0 ends that.
func (c *Cluster) Lose(perMille int) {
	c.t.Helper()
	c.lab().Lose(perMille)
}

// Limit slows a host's cable, both ways, to a rate such as "100mbit".
func (c *Cluster) Limit(name, rate string) {
	c.t.Helper()
	c.host(name).Limit(rate)
}

// lab returns the lab that the hosts are in.
func (c *Cluster) lab() *netns.Lab {
	c.t.Helper()
	return c.namespaces().lab
}

// host returns the host of a node, or of the clients.
func (c *Cluster) host(name string) *netns.Host {
	c.t.Helper()
	h, err := c.namespaces().host(name)
	if err != nil {
		c.t.Fatal(err)
	}
	return h
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
