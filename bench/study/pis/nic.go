package pis

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

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

// measureNICs returns what the slowest NIC carries either way, in bits of payload a
// second, scaled back.
func (p *Pis) measureNICs(ctx context.Context) (least float64, err error) {
	for _, n := range p.nodes {
		for _, ends := range [][2]*lan.Host{{p.client, n}, {n, p.client}} {
			best, most := 0.0, p.model.NICMbit*1e6
			for try := 0; try < nicTries && best < nicEnough*most; try++ {
				bits, err := carried(ctx, ends[0], ends[1])
				if err != nil {
					return 0, fmt.Errorf("measure the NIC of %s: %w", n.Name, err)
				}
				best = max(best, bits*p.target.Dilation)
			}
			if least == 0 || best < least {
				least = best
			}
		}
	}
	return least, nil
}

// Others may need this machine meanwhile: then a stream is slower than its cable, and
// another one shows more.
const (
	nicTries  = 3
	nicEnough = 0.97 // of what the cable should carry
)

// A stream is measured for so long, after so long in which TCP finds its pace.
const (
	nicWarm = 300 * time.Millisecond
	nicTime = 700 * time.Millisecond
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
