package main

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/osnet"
	"rootwalk/lookup/page"
	"rootwalk/lookup/socket"
)

// attemptDelay is how long a device waits for one address until it tries the next
// one beside it (RFC 8305 §5), on links at their own speed.
const attemptDelay = 250 * time.Millisecond

// attempt is a connection that is tried.
type attempt struct {
	nth   int
	addr  netip.AddrPort
	began time.Time

	socket *socket.Socket // with an error nil
	err    error
}

// dial opens a TCP connection to one of a host's addresses: each is tried as soon
// as the one before has failed or has not answered for a while; the first that
// answers is taken, and the others are given up (RFC 8305 §5). It returns when none
// of them runs any more. With later not nil addrs are hints (RFC 9460 §7.3), and what is
// found comes to them. There must be an address, or later.
func (j *journey) dial(ctx context.Context, step lookup.Step, host string, addrs []netip.AddrPort, later *finding) (*socket.Socket, netip.AddrPort, error) {
	addrs = slices.Clone(addrs)
	race := len(addrs) > 1 || later != nil // one address is no race
	var more <-chan struct{}
	if later != nil {
		more = later.done
	}
	trying, stop := context.WithCancel(ctx)
	defer stop()
	came := make(chan attempt, len(addrs))
	next, running := 0, 0
	timer := time.NewTimer(j.stagger)
	defer timer.Stop()
	tell := func(f lookup.Fact) {
		if race {
			step.Report(f)
		}
	}
	begin := func(why string) {
		a := attempt{nth: next + 1, addr: addrs[next], began: time.Now()}
		next++
		running++
		tell(lookup.AttemptStarted{Nth: a.nth, Of: len(addrs), Addr: a.addr, Why: why})
		go func() {
			a.socket, a.err = j.try(trying, step, host, a.addr)
			came <- a
		}()
		timer.Reset(j.stagger)
	}
	end := func(a attempt, outcome, errno string) {
		running--
		tell(lookup.AttemptFinished{Nth: a.nth, Addr: a.addr, Outcome: outcome, Errno: errno, ElapsedUs: time.Since(a.began).Microseconds()})
	}
	var failed error
	switch {
	case later == nil:
		begin("first")
	case len(addrs) > 0:
		begin("hint")
	}
	for running > 0 || more != nil {
		select {
		case <-more:
			more = nil
			trusted := slices.ContainsFunc(addrs[:next], func(a netip.AddrPort) bool { return slices.Contains(later.addrs, a) })
			for _, a := range later.addrs {
				if !slices.Contains(addrs, a) && len(addrs) < maxAddrs {
					addrs = append(addrs, a)
				}
			}
			// What is tried may be none of the host's addresses any more.
			if (running == 0 || !trusted) && next < len(addrs) && ctx.Err() == nil {
				begin("found")
			} else if running > 0 {
				timer.Reset(j.stagger)
			}
		case <-timer.C:
			if next < len(addrs) {
				begin("delay")
			}
		case a := <-came:
			if a.err != nil {
				end(a, "failed", errnoName(a.err))
				failed = errors.Join(failed, a.err)
				if next < len(addrs) && ctx.Err() == nil {
					begin("failed")
				}
				continue
			}
			end(a, "won", "")
			stop()
			for running > 0 {
				late := <-came
				if late.err == nil {
					late.socket.Close() // it was there a moment later
				}
				end(late, "abandoned", "")
			}
			return a.socket, a.addr, nil
		}
	}
	if failed == nil {
		failed = errNoAddress
	}
	return nil, netip.AddrPort{}, failed
}

// errNoAddress is a place whose name has no address.
var errNoAddress = errors.New("no address was found")

// finding is a lookup of addresses that goes on beside attempts to connect.
type finding struct {
	done  chan struct{} // closed when addrs are there
	addrs []netip.AddrPort
}

// beside looks addresses up while something else goes on. The journey waits for it at
// its end.
func (j *journey) beside(look func() []netip.AddrPort) *finding {
	f := &finding{done: make(chan struct{})}
	j.lookups.Go(func() {
		defer close(f.done)
		f.addrs = look()
	})
	return f
}

// try connects to one address. What the policy keeps from going out is told.
func (j *journey) try(ctx context.Context, step lookup.Step, host string, to netip.AddrPort) (*socket.Socket, error) {
	within, cancel := context.WithTimeout(ctx, j.limits.Connect)
	defer cancel()
	s, err := j.browser.Dial(within, j.network, "tcp", to)
	if err == nil {
		return s, nil
	}
	// A dialer keeps the time of the deadline itself, and may be the first to notice.
	until, _ := within.Deadline()
	if r := osnet.AsRefused(err); r != nil {
		step.Report(lookup.DialRefused{Host: "device", Name: host, Addr: r.Addr, Rule: string(r.Rule), Text: r.Text})
	} else if !time.Now().Before(until) && ctx.Err() == nil {
		err = page.Stopped("connectTime", j.limits.Connect, err)
	}
	return nil, err
}

// errnoName is the name of the errors that addresses usually fail with.
func errnoName(err error) string {
	for _, e := range []struct {
		errno syscall.Errno
		name  string
	}{{syscall.ECONNREFUSED, "ECONNREFUSED"}, {syscall.EHOSTUNREACH, "EHOSTUNREACH"}, {syscall.ENETUNREACH, "ENETUNREACH"}, {syscall.ETIMEDOUT, "ETIMEDOUT"}, {syscall.ECONNRESET, "ECONNRESET"}} {
		if errors.Is(err, e.errno) {
			return e.name
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "ETIMEDOUT"
	}
	return ""
}
