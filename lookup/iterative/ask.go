package iterative

import (
	"errors"
	"net/netip"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// dnsPort is where name servers listen (RFC 1035 §4.2).
const dnsPort = 53

// askZone asks the servers of a zone until one gives a response of use. The
// response is nil if none did; the outcome then says why.
func (w *walk) askZone(step lookup.Step, zone lookup.Name, servers []lookup.NameServer, name lookup.Name, rrtype lookup.Type) (*message.Response, lookup.Outcome) {
	s := w.newSlist(zone, servers)
	cause := lookup.OutcomeUnreachable
	for {
		if o := w.over(step, name); o != "" {
			return nil, o
		}
		if s.timeouts >= w.r.limits.TriesPerZone {
			w.silent = zone
			return nil, cause
		}
		t, reason := w.choose(s)
		if t == nil {
			o, more := w.lookForServer(step, s, name)
			if o != "" {
				cause = o
			}
			if !more && s.busy != nil {
				w.spend(step, s.busy, name)
				return nil, w.stopped
			}
			if !more {
				w.silent = zone
				return nil, cause
			}
			continue
		}
		if resp := w.askServer(step, s, t, reason, lookup.Question{Name: name, Type: rrtype, Class: lookup.ClassIN}); resp != nil {
			return resp, ""
		}
	}
}

// askServer sends one query and judges what came. The response is nil if
// another server, or the same one, has to be asked.
func (w *walk) askServer(step lookup.Step, s *slist, t *target, reason string, q lookup.Question) *message.Response {
	server := lookup.Server{Name: t.name, Addr: netip.AddrPortFrom(t.addr, dnsPort), Role: lookup.RoleOfZone(s.zone)}
	timeout := w.timeout(t)
	again := s.last == t && t.tries > 0
	if step.Recording() && !again {
		w.reportAddress(step, t)
		step.Report(lookup.ServerChosen{Host: w.r.host, Zone: s.zone, Server: server, Reason: reason, Candidates: s.candidates()})
	}
	t.tries++
	s.last = t
	plain := t.plain
	if !plain && t.tries > 1 && t.srtt == 0 && t.tries == w.r.limits.TriesPerServer {
		// It never said anything: perhaps it drops what it does not know.
		plain = true
		step.Report(lookup.EdnsDropped{Host: w.r.host, Server: server, Reason: "silence"})
	}
	resp, err := w.r.asker.Ask(w.ctx, step, message.Query{
		Server: server, Zone: s.zone, Question: q, Plain: plain, DNSSEC: w.signed, Understood: w.r.understood, Try: t.tries, Timeout: timeout,
		Priming:  q.Type == lookup.TypeNS && q.Name == lookup.Root && w.r.priming,
		MaxBytes: max(w.r.limits.Bytes-w.bytes, 1),
	})
	var spent *message.SpentError
	w.queries += resp.Sent
	w.bytes += resp.Bytes
	w.last = server
	if !done(w.ctx) {
		w.r.times.learn(t.addr, resp, err)
	}
	switch {
	case errors.Is(err, message.ErrTimeout):
		s.timeouts++
		return nil
	case errors.Is(err, message.ErrNoRoute):
		for _, other := range s.targets {
			if other.addr.Is4() == t.addr.Is4() {
				other.routable = false
			}
		}
		return nil
	case errors.As(err, &spent) && spent.Server:
		s.busy, t.out = spent, true // another server of the zone may know
		return nil
	case spent != nil:
		w.spend(step, spent, q.Name)
		return nil
	case errors.Is(err, message.ErrTooMuch):
		w.bytes = w.r.limits.Bytes // a message was announced that is larger than what is left
		return nil
	case err != nil:
		t.out = true
		return nil
	}
	w.heard = true
	if plain && !t.plain {
		w.r.times.plain(t.addr) // that was it
		t.plain = true
	}
	switch resp.Verdict {
	case message.Lame:
		w.r.times.useless(t.addr, s.zone)
		t.out = true
		return nil
	case message.Failure:
		switch {
		case resp.Rcode == lookup.RcodeYXDomain:
			return resp // a DNAME made the name too long: that is the answer (RFC 6672 §2.2)
		case !t.plain && dropped[resp.Rcode] != "":
			// The server does not know EDNS: once more without (RFC 6891 §7).
			w.r.times.plain(t.addr)
			t.plain = true
			t.tries--
			step.Report(lookup.EdnsDropped{Host: w.r.host, Server: server, Reason: dropped[resp.Rcode]})
			return nil
		}
		w.r.times.useless(t.addr, s.zone)
		t.out = true
		return nil
	}
	return resp
}

// spend ends the lookup with what the network does not grant it any more.
func (w *walk) spend(step lookup.Step, spent *message.SpentError, name lookup.Name) {
	w.spent = spent
	w.stopped = w.limit(step, spent.Limit, spent.Max, name)
}

// dropped are the rcodes with which servers say that they do not know EDNS, or
// not the version that we speak, as in lookup.EdnsDropped.
var dropped = map[lookup.Rcode]string{lookup.RcodeFormErr: "formErr", lookup.RcodeNotImp: "notImp", lookup.RcodeBadVers: "badVers"}

// reportAddress reports the cache entry with which a server's address is
// known, if that is how.
func (w *walk) reportAddress(step lookup.Step, t *target) {
	if !t.cached {
		return
	}
	rrtype := lookup.TypeAAAA
	if t.addr.Is4() {
		rrtype = lookup.TypeA
	}
	if s, _, ok := w.r.cache.Get(step, t.name, rrtype); ok && s.Kind == lookup.CachePositive {
		w.r.cache.Hit(step, s, "address")
	}
}
