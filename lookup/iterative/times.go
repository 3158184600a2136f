package iterative

import (
	"net/netip"
	"sync"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Bounds of what is remembered of servers.
const (
	maxTimes  = 4096             // servers
	timesLive = 15 * time.Minute // of lesson time: networks change
	backOff   = 30 * time.Second // of lesson time, after a first failure; it doubles
	noRoute   = 5 * time.Minute  // of lesson time, that a family without a route is not tried
)

// times is what a resolver knows about servers' addresses: how fast they
// answered, and which failed. It is safe for concurrent use.
type times struct {
	clock      lookup.Clock
	off4, off6 bool // switched off for good

	mu     sync.Mutex
	m      map[netip.Addr]*roundTrip
	no4    time.Time // until then there is no route for IPv4
	no6    time.Time
	noEDNS map[netip.Addr]time.Time
	unfit  map[addrZone]time.Time // servers that were of no use for one zone, until then
}

// addrZone is a server in its role for one zone: it may be lame for this one
// and well for others.
type addrZone struct {
	addr netip.Addr
	zone lookup.Name // canonical
}

// roundTrip is an estimate as in RFC 6298 §2: smoothed time and variation.
type roundTrip struct {
	srtt, rttvar time.Duration // 0: never measured
	failures     int           // in a row
	failedUntil  time.Time     // lesson time
	expires      time.Time     // lesson time
}

func newTimes(clock lookup.Clock, off4, off6 bool) *times {
	return &times{clock: clock, off4: off4, off6: off6, m: map[netip.Addr]*roundTrip{}, noEDNS: map[netip.Addr]time.Time{}, unfit: map[addrZone]time.Time{}}
}

// forget empties the memory, as if the program had just been started.
func (t *times) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.m)
	clear(t.noEDNS)
	clear(t.unfit)
	t.no4, t.no6 = time.Time{}, time.Time{}
}

// entry returns the record of an address, making it if needed; the lock is
// held.
func (t *times) entry(a netip.Addr, now time.Time) *roundTrip {
	e := t.m[a]
	if e == nil || !now.Before(e.expires) {
		if e == nil && len(t.m) >= maxTimes {
			for other := range t.m { // any: this is a bound, not a strategy
				delete(t.m, other)
				break
			}
		}
		e = &roundTrip{}
		t.m[a] = e
	}
	e.expires = now.Add(timesLive)
	return e
}

// answered takes a measured time in.
func (t *times) answered(a netip.Addr, rtt time.Duration) {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entry(a, now)
	e.failures, e.failedUntil = 0, time.Time{}
	rtt = max(rtt, time.Microsecond)
	if e.srtt == 0 {
		e.srtt, e.rttvar = rtt, rtt/2
		return
	}
	e.rttvar += ((e.srtt - rtt).Abs() - e.rttvar) / 4
	e.srtt += (rtt - e.srtt) / 8
}

// failed notes that a server did not answer, or nothing of use.
func (t *times) failed(a netip.Addr) {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entry(a, now)
	e.failedUntil = now.Add(backOff << min(e.failures, 4))
	e.failures++
}

// unroutable notes that this host has no way to a whole family of addresses.
func (t *times) unroutable(a netip.Addr) {
	until := t.clock.Now().Add(noRoute)
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.Is4() {
		t.no4 = until
	} else {
		t.no6 = until
	}
}

// routable reports whether there is a way to a family at all; the lock is held.
func (t *times) routable(is4 bool, now time.Time) bool {
	until := t.no6
	if is4 {
		until = t.no4
	}
	return !t.off(is4) && !now.Before(until)
}

// off reports whether a family is switched off.
func (t *times) off(is4 bool) bool { return is4 && t.off4 || !is4 && t.off6 }

// family reports whether there is a way to a family at all.
func (t *times) family(is4 bool) bool {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.routable(is4, now)
}

// reachable reports whether one of the addresses is of a family that there is a
// way to.
func (t *times) reachable(addrs []netip.Addr) bool {
	for _, a := range addrs {
		if t.family(a.Is4()) {
			return true
		}
	}
	return false
}

// plain notes that a server does not know EDNS (RFC 6891 §7).
func (t *times) plain(a netip.Addr) {
	until := t.clock.Now().Add(timesLive)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.noEDNS) >= maxTimes {
		clear(t.noEDNS)
	}
	t.noEDNS[a] = until
}

// useless notes that a server is lame for a zone, or fails for it.
func (t *times) useless(a netip.Addr, zone lookup.Name) {
	until := t.clock.Now().Add(backOff)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.unfit) >= maxTimes {
		clear(t.unfit)
	}
	t.unfit[addrZone{a, zone.Canonical()}] = until
}

// standing is what is known of one address at one moment.
type standing struct {
	srtt     time.Duration // 0: never measured
	rto      time.Duration // how long to wait for it, before bounds; 0 if unknown
	failed   bool
	routable bool
	plain    bool
}

// of is the standing of an address as a server of a zone.
func (t *times) of(a netip.Addr, zone lookup.Name) standing {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	s := standing{routable: t.routable(a.Is4(), now), plain: now.Before(t.noEDNS[a])}
	if e := t.m[a]; e != nil && now.Before(e.expires) {
		s.srtt, s.failed = e.srtt, now.Before(e.failedUntil)
		if e.srtt > 0 {
			s.rto = e.srtt + 4*e.rttvar
		}
	}
	if len(t.unfit) > 0 && now.Before(t.unfit[addrZone{a, zone.Canonical()}]) {
		s.failed = true
	}
	return s
}

// learn takes the outcome of an exchange in.
func (t *times) learn(a netip.Addr, r *message.Response, err error) {
	switch {
	case err == message.ErrNoRoute:
		t.unroutable(a)
	case err == message.ErrTimeout || err == message.ErrUnreachable:
		t.failed(a)
	case err == nil && !r.TCP:
		t.answered(a, r.RTT)
	}
}

func (t *times) measured() map[netip.Addr]time.Duration {
	now := t.clock.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	out := map[netip.Addr]time.Duration{}
	for a, e := range t.m {
		if e.srtt > 0 && now.Before(e.expires) {
			out[a] = e.srtt
		}
	}
	return out
}
