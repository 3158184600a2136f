package message

import (
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// Verdict is what a response amounts to for whoever sent the query.
type Verdict uint8

// The verdicts, each with a fact of its own in package lookup.
const (
	Answer     Verdict = iota + 1 // has what was asked for, possibly behind aliases
	AliasOnly                     // names a canonical name without its data
	Referral                      // names the servers of a zone closer to the name
	Nodata                        // the name exists, this type does not (RFC 2308 §2.2)
	Nxdomain                      // the name does not exist (RFC 2308 §2.1)
	Truncation                    // TC=1
	Failure                       // an rcode that is neither NOERROR nor NXDOMAIN
	Lame                          // from a server that does not serve the zone it was delegated
)

var verdictNames = [...]string{"none", "answer", "alias", "referral", "nodata", "nxdomain", "truncation", "failure", "lame"}

func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "none"
}

// Discard is a record that a response brought and that is not used.
type Discard struct {
	RR      dns.RR
	Section string // "answer", "authority", "additional"
	Reason  string // as in lookup.RecordDiscarded
}

// Response is a response that was believed, taken apart and scrubbed: it holds only
// what belongs to the question and lies in the zone that was asked.
type Response struct {
	Verdict Verdict
	AA      bool
	Rcode   lookup.Rcode
	Lame    string // for Lame: "notAuthoritative", "upward" or "refused"
	OPT     bool   // the server knows EDNS
	Cut     bool   // the answer has an RRset with more records than are taken: what is here is a part of it

	Aliases []Alias     // followed inside this response, in order
	Name    lookup.Name // the name at the end of the aliases; the one asked for if there are none
	Answer  []Set       // the sets of the aliases in order, then the data

	Child   lookup.Name         // for Referral
	Servers []lookup.NameServer // for Referral; Addrs from glue that could be accepted

	SOA         []Set  // for Nodata and Nxdomain: the one SOA, or none
	NegativeSec uint32 // how long a denial may be kept (RFC 2308 §5); 0: not at all

	Keep      []Set // all that a cache may keep, with its credibility
	Discarded []Discard

	Server lookup.Server
	RTT    time.Duration // from the packet that was answered
	TCP    bool          // the answer came over TCP
	Sent   int           // packets that this exchange sent, also when it failed
	Bytes  int           // octets that it received, believed or not, also when it failed
}

// Stored is what a cache holds under a name and type: an RRset, a denial, or
// that it could not be found out.
// It is handed around as a pointer and never changed after it was stored.
type Stored struct {
	Set      // for a denial: its name and type, and as RRs the SOA or nothing; for a failure name and type only
	Kind     lookup.CacheKind
	StoredAt time.Time      // lesson time, set by the cache
	Outcome  lookup.Outcome // for a failure: which
	Zone     lookup.Name
	From     lookup.Server
	PaidBy   lookup.Question
	Trace    string
	Unsigned bool // asked for without DO: signatures there may be did not come
}

// Entry is the stored thing in the vocabulary.
func (s *Stored) Entry() lookup.CacheEntry {
	return lookup.CacheEntry{
		Name: s.Name, Type: s.Type, Kind: s.Kind, Records: Records(s.Set), TTLSec: s.TTLSec, StoredAt: s.StoredAt,
		Credibility: s.Credibility, Outcome: s.Outcome, Zone: s.Zone, From: s.From, PaidBy: s.PaidBy, Trace: s.Trace,
	}
}

// With is the stored set with the TTL that is left of it, as it goes into an
// answer.
func (s *Stored) With(leftSec uint32) Set {
	set := s.Set
	set.TTLSec = leftSec
	return set
}

// SOA is the SOA record of a denial as it goes into an authority section, or
// nothing.
func (s *Stored) SOA(leftSec uint32) []Set {
	if s.Kind == lookup.CachePositive || len(s.RRs) == 0 {
		return nil
	}
	return []Set{{Name: Owner(s.RRs[0]), Type: lookup.TypeSOA, TTLSec: leftSec, RRs: s.RRs, Credibility: s.Credibility, Sigs: s.Sigs, Proof: s.Proof}}
}

// NegativeTTL is how long a denial with this SOA may be kept: the lower of its
// TTL and its MINIMUM field (RFC 2308 §5).
func NegativeTTL(soa *dns.SOA) uint32 {
	ttl := TTL(soa)
	if soa.Minttl < 1<<31 {
		return min(ttl, soa.Minttl)
	}
	return 0
}

// Follow takes the step that a stored CNAME or DNAME stands for, from a name.
// The sets are what goes into the answer for it. It fails only where a DNAME
// would make a name that is too long.
func (s *Stored) Follow(name lookup.Name, leftSec uint32) ([]Set, Alias, bool) {
	set := s.With(leftSec)
	if len(s.RRs) == 0 {
		return nil, Alias{}, false
	}
	switch rr := s.RRs[0].(type) {
	case *dns.CNAME:
		return []Set{set}, Alias{Owner: name, Target: NameOf(rr.Target), Via: lookup.TypeCNAME}, true
	case *dns.DNAME:
		target, ok := Substitute(name, s.Name, NameOf(rr.Target))
		if !ok {
			return nil, Alias{}, false
		}
		made := Set{Name: name, Type: lookup.TypeCNAME, TTLSec: leftSec, RRs: []dns.RR{CNAME(name, target, leftSec)}, Credibility: s.Credibility}
		return []Set{set, made}, Alias{Owner: name, Target: target, Via: lookup.TypeDNAME}, true
	}
	return nil, Alias{}, false
}
