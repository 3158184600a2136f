package lab

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"rootwalk/lookup"
)

// probes is how many packets are sent to measure one link.
const probes = 3

// hop is a place on the way from R1, and the hop before it.
type hop struct {
	place  string // id of a FaultPlace
	addr   netip.Addr
	before string // place of the hop before, "" for R1 itself
}

// hops are the far ends of all links, as R1 sees them.
func hops() []hop {
	out := []hop{{place: "link:" + accessSegment, addr: netip.MustParsePrefix(accessHome4).Addr()}}
	for _, n := range networks {
		if n.segment != "isp" {
			out = append(out, hop{place: "link:" + n.segment, addr: netip.MustParsePrefix(n.exchange4).Addr()})
		}
	}
	for _, m := range machines {
		if m.name == "R1" {
			continue
		}
		h := hop{place: "link:" + m.name, addr: netip.MustParsePrefix(m.addrs[0]).Addr(), before: "link:" + m.segment}
		if m.segment == "isp" {
			h.before = ""
		}
		out = append(out, h)
	}
	return out
}

// Measure sends a few datagrams from R1 to the far end of every link, to a port
// where nobody listens, and takes the time until the refusal comes back (ICMP,
// as traceroute does). A probe that has not come back within the time given
// counts as lost. It returns soon after ctx is done.
func (l *Lab) Measure(ctx context.Context, wait time.Duration) []lookup.LinkTime {
	all := hops()
	out := make([]lookup.LinkTime, len(all))
	var going sync.WaitGroup
	for i, h := range all {
		out[i] = lookup.LinkTime{Place: h.place, Addr: h.addr, Before: h.before, Sent: probes}
		going.Go(func() {
			for range probes {
				if t, ok := l.probe(ctx, h.addr, wait); ok {
					out[i].RTTUs = append(out[i].RTTUs, t.Microseconds())
				}
			}
			slices.Sort(out[i].RTTUs)
		})
	}
	going.Wait()
	return out
}

// probe measures one round trip.
func (l *Lab) probe(ctx context.Context, to netip.Addr, wait time.Duration) (time.Duration, bool) {
	conn, err := l.hosts["R1"].DialContext(ctx, "udp", netip.AddrPortFrom(to, discardPort).String())
	if err != nil {
		return 0, false
	}
	defer conn.Close()
	start := time.Now()
	deadline := start.Add(wait)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	conn.SetDeadline(deadline)
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	if _, err := conn.Write([]byte("how far?")); err != nil {
		return 0, false
	}
	_, err = conn.Read(make([]byte, 1))
	return time.Since(start), errors.Is(err, syscall.ECONNREFUSED)
}
