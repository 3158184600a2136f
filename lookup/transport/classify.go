package transport

import (
	"net/netip"
	"slices"

	"github.com/miekg/dns"

	"rootwalk/lookup"
	"rootwalk/lookup/message"
)

// Bounds of what is taken from one response. The rest is discarded.
const (
	maxServers   = 13  // name servers of one delegation
	maxAddresses = 8   // glue addresses of one name server
	maxRecords   = 100 // records of one RRset
	maxAliases   = 16  // aliases followed inside one response
	maxDiscards  = 8   // discarded records that are told of
)

// Classify takes a response apart: what it amounts to for whoever asked q, and
// which of its records may be used. Only records that answer the question, in
// the zone the server was asked on behalf of, are used: a server of one zone
// has no say about another (RFC 5452 §6, RFC 2181 §5.4.1). With recursive set the response is judged as a
// resolver's, which speaks for all zones. The message is only read.
func Classify(q lookup.Question, zone lookup.Name, recursive bool, m *dns.Msg) *message.Response {
	return classify(message.Query{Question: q, Zone: zone, Recursive: recursive}, m)
}

// classify is Classify for a query; with Priming the addresses of name servers that were
// asked for are kept as glue is (RFC 9609 §4.2), with DNSSEC the signatures and denials.
func classify(query message.Query, m *dns.Msg) *message.Response {
	q, zone, recursive := query.Question, query.Zone, query.Recursive
	if recursive {
		zone = lookup.Root
	}
	c := &classifier{
		q: q, zone: zone, recursive: recursive, priming: query.Priming, dnssec: query.DNSSEC, m: m,
		r: &message.Response{AA: m.Authoritative, Rcode: lookup.Rcode(m.Rcode), Name: q.Name, OPT: m.IsEdns0() != nil},
	}
	c.m = c.ofClass(m)
	c.judge()
	if c.dnssec {
		c.evidence()
	}
	return c.r
}

type classifier struct {
	q         lookup.Question
	zone      lookup.Name
	recursive bool
	priming   bool
	dnssec    bool
	m         *dns.Msg
	r         *message.Response
	data      []dns.RR // the records with the type asked for
}

// ofClass is the message without records of another class than was asked for,
// which are no answers to that (RFC 1035 §4.1.3).
func (c *classifier) ofClass(m *dns.Msg) *dns.Msg {
	other := func(rr dns.RR) bool {
		h := rr.Header()
		return h.Class != uint16(c.q.Class) && h.Rrtype != dns.TypeOPT && h.Rrtype != dns.TypeTSIG && h.Rrtype != dns.TypeSIG
	}
	if !slices.ContainsFunc(m.Answer, other) && !slices.ContainsFunc(m.Ns, other) && !slices.ContainsFunc(m.Extra, other) {
		return m
	}
	pure := *m
	without := func(rrs []dns.RR, section string) []dns.RR {
		kept := make([]dns.RR, 0, len(rrs))
		for _, rr := range rrs {
			if other(rr) {
				c.discard(rr, section, "unusable")
			} else {
				kept = append(kept, rr)
			}
		}
		return kept
	}
	pure.Answer, pure.Ns, pure.Extra = without(m.Answer, "answer"), without(m.Ns, "authority"), without(m.Extra, "additional")
	return &pure
}

// discard notes a record that is not used. OPT is no record of that kind.
func (c *classifier) discard(rr dns.RR, section, reason string) {
	if c.dnssec && vouches(rr) {
		return
	}
	if len(c.r.Discarded) < maxDiscards && message.TypeOf(rr) != lookup.TypeOPT {
		c.r.Discarded = append(c.r.Discarded, message.Discard{RR: rr, Section: section, Reason: reason})
	}
}

func (c *classifier) discardAll(rrs []dns.RR, section string) {
	for _, rr := range rrs {
		c.discard(rr, section, c.why(rr))
	}
}

// why is the reason for not using a record that nobody needs.
func (c *classifier) why(rr dns.RR) string {
	if !message.Owner(rr).In(c.zone) {
		return "outOfZone"
	}
	return "notAsked"
}

func (c *classifier) judge() {
	r := c.r
	if c.m.Truncated {
		// What came is a part at best: nothing of it is used (RFC 2181 §9).
		r.Verdict = message.Truncation
		return
	}
	switch {
	case r.Rcode == lookup.RcodeNoError || r.Rcode == lookup.RcodeNXDomain:
	case !c.recursive && r.Rcode == lookup.RcodeRefused:
		r.Verdict, r.Lame = message.Lame, "refused"
		return
	case !c.recursive && r.Rcode == lookup.Rcode(dns.RcodeNotAuth):
		r.Verdict, r.Lame = message.Lame, "notAuthoritative"
		return
	default:
		r.Verdict = message.Failure
		c.overlong()
		return
	}
	if c.overlong() { // whatever the server calls that: Knot DNS says NXDOMAIN
		r.Verdict, r.Rcode = message.Failure, lookup.RcodeYXDomain
		return
	}
	c.answer()
	switch {
	case len(c.data) > 0:
		r.Verdict = message.Answer
		c.authority()
	case !c.recursive && !r.AA:
		if r.Rcode == lookup.RcodeNoError && len(r.Aliases) == 0 && c.referral() {
			return
		}
		if len(r.Aliases) > 0 {
			r.Verdict = message.AliasOnly
			c.authority()
			return
		}
		c.lame()
	default:
		c.denial()
	}
}

// answer follows the aliases from the name asked for to the data, inside the
// answer section. Each record is used at most once, so it ends.
func (c *classifier) answer() {
	r, section := c.r, c.m.Answer
	used := make([]bool, len(section))
	credibility := lookup.CredibilityAnswer
	if r.AA {
		credibility = lookup.CredibilityAnswerAA
	}
	for len(r.Aliases) <= maxAliases && r.Name.In(c.zone) {
		for i, rr := range section {
			if used[i] || (message.TypeOf(rr) != c.q.Type && c.q.Type != lookup.TypeANY) || !message.Owner(rr).Equal(r.Name) {
				continue
			}
			used[i] = true
			if len(c.data) < maxRecords {
				c.data = append(c.data, rr)
			} else {
				c.discard(rr, "answer", "tooMany")
				c.r.Cut = true
			}
		}
		if len(c.data) > 0 || len(r.Aliases) == maxAliases || !c.alias(section, used, credibility) {
			break
		}
	}
	if len(c.data) > 0 {
		set := message.Set{Name: r.Name, Type: c.q.Type, TTLSec: message.TTL(c.data[0]), RRs: c.data, Credibility: credibility}
		for _, rr := range c.data {
			set.TTLSec = min(set.TTLSec, message.TTL(rr))
		}
		r.Answer = append(r.Answer, set)
		if !r.Cut { // a part of an RRset is of no use (RFC 2181 §9)
			r.Keep = append(r.Keep, set)
		}
	}
	for i, rr := range section {
		if !used[i] {
			c.discard(rr, "answer", c.why(rr))
		}
	}
}

// alias takes one step from r.Name, by a DNAME above it or a CNAME at it.
func (c *classifier) alias(section []dns.RR, used []bool, credibility lookup.Credibility) bool {
	r := c.r
	at := func(rr dns.RR) (lookup.Name, bool) {
		cname, ok := rr.(*dns.CNAME)
		if !ok || !message.Owner(rr).Equal(r.Name) {
			return "", false
		}
		return message.NameOf(cname.Target), true
	}
	for i, rr := range section {
		dname, ok := rr.(*dns.DNAME)
		if !ok || used[i] || !message.Owner(rr).In(c.zone) {
			continue
		}
		target, ok := message.Substitute(r.Name, message.Owner(rr), message.NameOf(dname.Target))
		if !ok {
			continue
		}
		used[i] = true
		ttl := message.TTL(rr)
		set := message.Set{Name: message.Owner(rr), Type: lookup.TypeDNAME, TTLSec: ttl, RRs: section[i : i+1 : i+1], Credibility: credibility}
		// The server's own CNAME says the same as ours for this one name
		// (RFC 6672 §3.1); the DNAME is what is kept.
		for k, other := range section {
			if to, is := at(other); is && to.Equal(target) {
				used[k] = true
			}
		}
		r.Keep = append(r.Keep, set)
		r.Answer = append(r.Answer, set, message.Set{Name: r.Name, Type: lookup.TypeCNAME, TTLSec: ttl,
			RRs: []dns.RR{message.CNAME(r.Name, target, ttl)}, Credibility: credibility})
		r.Aliases = append(r.Aliases, message.Alias{Owner: r.Name, Target: target, Via: lookup.TypeDNAME})
		r.Name = target
		return true
	}
	for i, rr := range section {
		target, ok := at(rr)
		if !ok || used[i] {
			continue
		}
		used[i] = true
		for k, other := range section {
			// A second CNAME at a name is an error (RFC 2181 §10.1).
			if _, is := at(other); is && !used[k] {
				used[k] = true
				c.discard(other, "answer", "unusable")
			}
		}
		set := message.Set{Name: r.Name, Type: lookup.TypeCNAME, TTLSec: message.TTL(rr), RRs: section[i : i+1 : i+1], Credibility: credibility}
		r.Keep = append(r.Keep, set)
		r.Answer = append(r.Answer, set)
		r.Aliases = append(r.Aliases, message.Alias{Owner: r.Name, Target: target, Via: lookup.TypeCNAME})
		r.Name = target
		return true
	}
	return false
}

// overlong keeps the DNAME because of which a name would become too long: it is
// the answer, together with the rcode (RFC 6672 §2.2).
func (c *classifier) overlong() bool {
	for i, rr := range c.m.Answer {
		dname, ok := rr.(*dns.DNAME)
		if !ok || !message.Owner(rr).In(c.zone) || !c.r.Name.Below(message.Owner(rr)) {
			continue
		}
		if _, fits := message.Substitute(c.r.Name, message.Owner(rr), message.NameOf(dname.Target)); !fits {
			set := message.Set{Name: message.Owner(rr), Type: lookup.TypeDNAME, TTLSec: message.TTL(rr), RRs: c.m.Answer[i : i+1 : i+1], Credibility: lookup.CredibilityAnswerAA}
			if !c.r.AA {
				set.Credibility = lookup.CredibilityAnswer
			}
			c.r.Keep, c.r.Answer = append(c.r.Keep, set), append(c.r.Answer, set)
			return true
		}
	}
	return false
}

// authority keeps the zone's own list of servers that may come with an
// authoritative answer, and their addresses.
func (c *classifier) authority() {
	if c.recursive {
		return // a stub keeps answers only
	}
	var kept []dns.RR
	for _, rr := range c.m.Ns {
		if ns, ok := rr.(*dns.NS); ok && c.r.AA && message.Owner(ns).In(c.zone) && c.q.Name.In(message.Owner(ns)) &&
			len(kept) < maxServers && (len(kept) == 0 || message.Owner(ns).Equal(message.Owner(kept[0]))) {
			kept = append(kept, rr)
			continue
		}
		c.discard(rr, "authority", c.why(rr))
	}
	c.r.Keep = append(c.r.Keep, message.Sets(kept, maxServers, lookup.CredibilityAuthorityAA)...)
	if c.priming && len(kept) == 0 {
		kept = c.data[:min(len(c.data), maxServers)]
	}
	c.glue(kept)
}

// glue takes from the additional section the addresses of the given name servers that
// lie in the zone asked, and puts them into r.Keep. It returns them by name.
func (c *classifier) glue(ns []dns.RR) map[lookup.Name][]netip.Addr {
	wanted := make(map[lookup.Name][]netip.Addr, len(ns))
	for _, rr := range ns {
		if ns, ok := rr.(*dns.NS); ok {
			wanted[message.NameOf(ns.Ns).Canonical()] = nil
		}
	}
	var kept []dns.RR
	for _, rr := range c.m.Extra {
		addr, isAddr := message.Addr(rr)
		owner := message.Owner(rr)
		addrs, isServer := wanted[owner.Canonical()]
		switch {
		case !isServer && len(ns) > 0:
			c.discard(rr, "additional", "notGlue")
		case !isServer:
			c.discard(rr, "additional", c.why(rr))
		case !isAddr:
			c.discard(rr, "additional", "notGlue")
		case !owner.In(c.zone):
			c.discard(rr, "additional", "outOfZone")
		case !believable(addr):
			c.discard(rr, "additional", "unusable")
		case len(addrs) >= maxAddresses:
			c.discard(rr, "additional", "tooMany")
		default:
			wanted[owner.Canonical()] = append(addrs, addr)
			kept = append(kept, rr)
		}
	}
	c.r.Keep = append(c.r.Keep, message.Sets(kept, maxAddresses, lookup.CredibilityAdditional)...)
	return wanted
}

// believable reports whether a name server can have this address at all.
func believable(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// referral recognises the delegation of a zone strictly below the one asked
// and at or above the name (RFC 9499 §4, RFC 1034 §4.3.2 step 3b).
func (c *classifier) referral() bool {
	r := c.r
	var ns []dns.RR
	for _, rr := range c.m.Ns {
		owner := message.Owner(rr)
		if message.TypeOf(rr) == lookup.TypeNS && owner.Below(c.zone) && c.q.Name.In(owner) && (r.Child == "" || owner.Equal(r.Child)) {
			r.Child = owner
			ns = append(ns, rr)
		}
	}
	if r.Child == "" {
		return false
	}
	r.Verdict = message.Referral
	n := 0
	for _, rr := range c.m.Ns {
		switch {
		case message.TypeOf(rr) != lookup.TypeNS || !message.Owner(rr).Equal(r.Child):
			c.discard(rr, "authority", c.why(rr))
		case n == maxServers:
			c.discard(rr, "authority", "tooMany")
		default:
			n++
		}
	}
	ns = ns[:n:n]
	r.Keep = append(r.Keep, message.Sets(ns, maxServers, lookup.CredibilityReferral)...)
	if c.dnssec {
		// The parent speaks with authority about the DS of its child, here too
		// (RFC 4035 §3.1.4).
		var ds []dns.RR
		for _, rr := range c.m.Ns {
			if message.TypeOf(rr) == lookup.TypeDS && message.Owner(rr).Equal(r.Child) {
				ds = append(ds, rr)
			}
		}
		r.Keep = append(r.Keep, message.Sets(ds, maxRecords, lookup.CredibilityAuthorityAA)...)
	}
	addrs := c.glue(ns)
	for _, rr := range ns {
		name := message.NameOf(rr.(*dns.NS).Ns)
		found, fresh := addrs[name.Canonical()]
		if !fresh {
			continue // the same server named twice
		}
		delete(addrs, name.Canonical())
		s := lookup.NameServer{Name: name, Addrs: found, Glue: lookup.GlueNone}
		switch {
		case len(found) == 0:
			s.Addrs = []netip.Addr{}
		case name.In(r.Child):
			s.Glue = lookup.GlueInDomain
		default:
			s.Glue = lookup.GlueSibling
		}
		r.Servers = append(r.Servers, s)
	}
	return true
}

// lame is a response without authority, answer or closer delegation.
func (c *classifier) lame() {
	c.r.Verdict, c.r.Lame = message.Lame, "notAuthoritative"
	for _, rr := range c.m.Ns {
		if message.TypeOf(rr) == lookup.TypeNS && c.zone.In(message.Owner(rr)) {
			c.r.Lame = "upward"
		}
	}
}

// denial is NXDOMAIN or NODATA for the name at the end of the aliases, if it
// is this server's business, else an alias to be followed.
func (c *classifier) denial() {
	r := c.r
	var soa *dns.SOA
	for _, rr := range c.m.Ns {
		s, ok := rr.(*dns.SOA)
		if owner := message.Owner(rr); ok && soa == nil && owner.In(c.zone) && r.Name.In(owner) {
			soa = s
			r.NegativeSec = message.NegativeTTL(s)
			r.SOA = []message.Set{{Name: owner, Type: lookup.TypeSOA, TTLSec: r.NegativeSec, RRs: []dns.RR{s}, Credibility: c.denialRank()}}
			continue
		}
		c.discard(rr, "authority", c.why(rr))
	}
	c.discardAll(c.m.Extra, "additional")
	switch {
	case len(r.Aliases) > 0 && !c.recursive && (!r.Name.In(c.zone) || soa == nil):
		// The rcode speaks of the last name (RFC 6604 §2), but that name
		// is not in the zone that this server was asked about.
		r.Verdict, r.SOA, r.NegativeSec = message.AliasOnly, nil, 0
	case r.Rcode == lookup.RcodeNXDomain:
		r.Verdict = message.Nxdomain
	case !c.recursive && soa == nil && len(r.Aliases) == 0 && len(c.m.Answer) > 0:
		// An answer to something else is neither data nor a denial.
		r.Verdict, r.Lame = message.Lame, "notAuthoritative"
	default:
		r.Verdict = message.Nodata
	}
}

func (c *classifier) denialRank() lookup.Credibility {
	if c.r.AA {
		return lookup.CredibilityAnswerAA
	}
	return lookup.CredibilityAnswer
}
