package pis

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"golang.org/x/sync/errgroup"

	"pikv/bench/study"
	"pikv/testcluster/lan"
)

// Of a full frame so many bytes are payload, with TCP's timestamps.
const (
	frame   = 1514
	payload = 1448
)

// What a cable lets by faster than its rate, as time at its rate, and how long what is
// too fast may wait: as in a Pi's driver and a home's switch.
const (
	burstTime  = 2 * time.Millisecond
	queueTime  = 50 * time.Millisecond
	leastBurst = 8 << 10 // bytes
)

// limitNICs gives every computer the model's NIC, slowed down.
func (p *Pis) limitNICs(dilation float64) error {
	bits := p.model.NICMbit * 1e6 / dilation * frame / payload
	burst := max(int(bits/8*burstTime.Seconds()*dilation), leastBurst)
	queue := time.Duration(float64(queueTime) * dilation)
	for _, n := range p.nodes {
		if err := n.Limit(fmt.Sprintf("%.0fbit", bits), fmt.Sprint(burst), fmt.Sprintf("%dus", queue.Microseconds())); err != nil {
			return err
		}
	}
	return nil
}

// measureNICs returns what each NIC carries either way. All are measured at once: the
// client's own cable has no limit.
func (p *Pis) measureNICs(ctx context.Context) ([]study.NIC, error) {
	rates := make([]study.NIC, len(p.nodes))
	for way := range 2 {
		g, ctx := errgroup.WithContext(ctx)
		for i, n := range p.nodes {
			rates[i].Host = n.Name
			g.Go(func() (err error) {
				from, to, rate := p.client, n, &rates[i].In
				if way == 1 {
					from, to, rate = n, p.client, &rates[i].Out
				}
				*rate, err = bestRate(p.model.NICMbit*1e6, func() (float64, error) {
					bits, err := carried(ctx, from, to)
					return bits * p.target.Dilation, err
				})
				if err != nil {
					return fmt.Errorf("measure the NIC of %s: %w", n.Name, err)
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
	}
	return rates, nil
}

// slowest returns the least rate of all, either way.
func slowest(nics []study.NIC) float64 {
	least := math.Inf(1)
	for _, n := range nics {
		least = min(least, n.In, n.Out)
	}
	return least
}

// Others may need this machine meanwhile: then a stream is slower than its cable, and
// another one shows more.
const (
	nicTries  = 4
	nicEnough = 0.99 // of what the cable should carry
)

// bestRate returns the best of some streams, and no more than a cable of so many bits a
// second carries: one that waited in a queue before may seem to be faster.
func bestRate(cable float64, stream func() (float64, error)) (best float64, err error) {
	for try := 0; try < nicTries && best < nicEnough*cable; try++ {
		bits, err := stream()
		if err != nil {
			return 0, err
		}
		best = max(best, bits)
	}
	return min(best, cable), nil
}

// A stream is measured for so long, after so long in which TCP finds its pace.
const (
	nicWarm = 300 * time.Millisecond
	nicTime = 2 * time.Second
)

// carried sends a stream from one host to the other, and returns how many bits a
// second of it arrive.
func carried(ctx context.Context, from, to *lan.Host) (bits float64, err error) {
	ln, err := to.Listen()
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	out, err := from.Dial(ctx, ln.Addr().String())
	if err != nil {
		return 0, err
	}
	defer out.Close()
	in, err := ln.Accept()
	if err != nil {
		return 0, err
	}
	defer in.Close()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		block := make([]byte, 64<<10)
		for {
			if _, err := out.Write(block); err != nil {
				return // it was closed: enough has arrived
			}
		}
	}()
	defer func() {
		out.Close()
		<-sent
	}()
	if _, _, err := receive(ctx, in, nicWarm); err != nil {
		return 0, err
	}
	n, took, err := receive(ctx, in, nicTime)
	return 8 * float64(n) / took.Seconds(), err
}

// receive reads for so long, and returns how much came.
func receive(ctx context.Context, conn net.Conn, long time.Duration) (n int, took time.Duration, err error) {
	begin := time.Now()
	const patience = 10 * time.Second
	if err := conn.SetReadDeadline(begin.Add(patience)); err != nil {
		return 0, 0, err
	}
	block := make([]byte, 64<<10)
	for took < long {
		got, err := conn.Read(block)
		n, took = n+got, time.Since(begin)
		if err := errors.Join(err, ctx.Err()); err != nil {
			return n, took, err
		}
	}
	return n, took, nil
}
