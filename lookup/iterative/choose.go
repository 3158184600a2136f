package iterative

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// exploreOneIn is how often a server that was never asked is tried although a
// measured one is at hand: without that a resolver would stay with the first
// server it happened to meet.
const exploreOneIn = 8

// target is one address of one name server of the zone being asked.
type target struct {
	name   lookup.Name
	addr   netip.Addr
	cached bool // the address came from the cache
	tries  int  // packets sent to it for this question
	out    bool // not to be asked again for this question
	standing
}

// slist is the SLIST of RFC 1034 §5.3.2 for one zone and one question: who can
// be asked, who was.
type slist struct {
	zone     lookup.Name
	servers  []lookup.NameServer
	targets  []*target
	timeouts int
	walks    int     // side walks for servers of this zone
	last     *target // asked last

	busy *message.SpentError // a server was asked too often for now
}

func (w *walk) newSlist(zone lookup.Name, servers []lookup.NameServer) *slist {
	s := &slist{zone: zone, servers: servers}
	n := 0
	for i := range servers {
		n += len(servers[i].Addrs)
	}
	s.targets = make([]*target, 0, n)
	for i := range servers {
		s.add(w, &servers[i])
	}
	return s
}

func (s *slist) add(w *walk, ns *lookup.NameServer) {
	for _, a := range ns.Addrs {
		if w.r.times.off(a.Is4()) {
			continue
		}
		s.targets = append(s.targets, &target{name: ns.Name, addr: a, cached: ns.Glue == lookup.GlueCache, standing: w.r.times.of(a, s.zone)})
	}
}

// state is the word for a candidate in a fact.
func (t *target) state() string {
	switch {
	case t.tries > 0:
		return "asked"
	case t.failed || !t.routable:
		return "failed"
	case t.srtt > 0:
		return "measured"
	}
	return "untried"
}

// choose picks whom to ask next and says why; nil if nobody is left.
//
// Servers not asked yet come first: the fastest of the measured ones, now and
// then one that was never asked, to learn about it. When a server has just
// failed, another name is preferred to another address of the same name,
// which is likely the same broken machine. Servers that failed a short while
// ago, and those that already had a chance, come last.
func (w *walk) choose(s *slist) (*target, string) {
	var fresh, failed, again []*target
	usable := 0
	for _, t := range s.targets {
		if t.out || !t.routable || t.tries >= w.tries(t) {
			continue
		}
		usable++
		switch {
		case t.tries > 0:
			again = append(again, t)
		case t.failed:
			failed = append(failed, t)
		default:
			fresh = append(fresh, t)
		}
	}
	reason := ""
	if s.last != nil {
		reason = "next"
		// Once more to a server that is known to live: a packet was lost.
		if s.last.tries > 0 && s.last.srtt > 0 && !s.last.failed && !s.last.out && s.last.tries < w.r.limits.TriesPerServer {
			return s.last, "retry"
		}
	}
	pool := fresh
	switch {
	case len(fresh) > 0:
	case len(failed) > 0:
		pool = failed
	case len(again) > 0:
		pool, reason = again, "retry"
	default:
		return nil, ""
	}
	if len(s.targets) == 1 && s.last == nil {
		return pool[0], "only"
	}
	pool = s.otherNames(pool)
	if w.r.preferIPv4 {
		pool = onlyIPv4(pool)
	}
	best, why := w.pick(s, pool)
	if reason == "" {
		reason = why
		if usable == 1 {
			reason = "only"
		}
	}
	return best, reason
}

// tries is how many packets an address may get for one question. Silence of a
// server that was heard before means lost packets, and if it is the only one
// left the zone depends on it.
func (w *walk) tries(t *target) int {
	if t.srtt > 0 {
		return max(w.r.limits.TriesPerServer, w.r.limits.TriesPerZone)
	}
	return w.r.limits.TriesPerServer
}

// pick takes the fastest measured target or a random one of the others. It
// does not explore a name of which another address has just failed.
func (w *walk) pick(s *slist, pool []*target) (*target, string) {
	if w.r.repeatable {
		return slices.MinFunc(pool, func(a, b *target) int { return cmp.Compare(w.r.drawn(a.addr), w.r.drawn(b.addr)) }), "seed"
	}
	var fastest *target
	var untried, sound []*target
	for _, t := range pool {
		switch {
		case t.srtt == 0:
			untried = append(untried, t)
			if !slices.ContainsFunc(s.targets, func(o *target) bool { return o.failed && o.name.Equal(t.name) }) {
				sound = append(sound, t)
			}
		case fastest == nil || t.srtt < fastest.srtt:
			fastest = t
		}
	}
	if len(sound) > 0 {
		untried = sound
	}
	switch {
	case fastest == nil:
		return untried[w.rng.IntN(len(untried))], "untried"
	case len(sound) > 0 && w.rng.IntN(exploreOneIn) == 0:
		return sound[w.rng.IntN(len(sound))], "explore"
	}
	return fastest, "fastest"
}

// drawn is the number that a repeatable resolver draws for an address: the
// lowest is asked first, whoever else is there.
func (r *Resolver) drawn(a netip.Addr) uint64 {
	b := a.As16()
	return mixed(r.seed ^ mixed(binary.BigEndian.Uint64(b[:8])) ^ mixed(binary.BigEndian.Uint64(b[8:])+1))
}

// otherNames leaves out targets of names that were asked already, unless no
// others are there.
func (s *slist) otherNames(pool []*target) []*target {
	asked := func(name lookup.Name) bool {
		for _, t := range s.targets {
			if t.tries > 0 && t.name.Equal(name) {
				return true
			}
		}
		return false
	}
	if s.last == nil {
		return pool
	}
	out := pool[:0:0]
	for _, t := range pool {
		if !asked(t.name) {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return pool
	}
	return out
}

func onlyIPv4(pool []*target) []*target {
	out := pool[:0:0]
	for _, t := range pool {
		if t.addr.Is4() {
			out = append(out, t)
		}
	}
	if len(out) == 0 {
		return pool
	}
	return out
}

// candidates are the targets as a fact lists them.
func (s *slist) candidates() []lookup.Candidate {
	out := make([]lookup.Candidate, 0, len(s.targets))
	for _, t := range s.targets {
		out = append(out, lookup.Candidate{Name: t.name, Addr: t.addr, State: t.state(), SRTTUs: t.srtt.Microseconds()})
	}
	return out
}

// timeout is how long to wait for a target: what it usually takes and four
// times its variation (RFC 6298 §2.3), doubled with every try (§5.5).
func (w *walk) timeout(t *target) time.Duration {
	l := w.r.limits
	d := l.FirstTimeout
	if t.rto > 0 {
		d = max(t.rto, l.MinTimeout)
	}
	return min(d<<min(t.tries, 4), max(l.MaxTimeout, l.FirstTimeout))
}
