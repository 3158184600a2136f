package lookup

import (
	"net/netip"
	"time"
)

// Question is the three things a query asks with (RFC 1035 §4.1.2). It is not
// a resource record: that has a TTL and data as well.
type Question struct {
	Name  Name  `json:"name"`
	Type  Type  `json:"type"`
	Class Class `json:"class"`
}

// String is the question as people write it: "www.example.co.kr A".
func (q Question) String() string {
	s := q.Name.Short() + " " + q.Type.String()
	if q.Class != ClassIN {
		s += " " + q.Class.String()
	}
	return s
}

// Key is the question with its name in canonical case: a map key.
func (q Question) Key() Question {
	q.Name = q.Name.Canonical()
	return q
}

// Record is one resource record (RFC 1035 §3.2.1) as facts carry it: the data
// in presentation form, ASCII with \DDD escapes.
type Record struct {
	Name   Name   `json:"name"`
	Type   Type   `json:"type"`
	Class  Class  `json:"class"`
	TTLSec uint32 `json:"ttlSec"`
	Data   string `json:"data"`
}

// Role is what a host does in this walk. It follows from the zone the host is
// asked about, so the same machine may be a TLD server in one step only.
type Role string

// The roles a drawing tells apart.
const (
	RoleStub          Role = "stub"
	RoleResolver      Role = "resolver"
	RoleRoot          Role = "root"
	RoleTLD           Role = "tld"
	RoleAuthoritative Role = "auth"
)

// RoleOfZone is the role of a server asked on behalf of a zone.
func RoleOfZone(zone Name) Role {
	switch zone.CountLabels() {
	case 0:
		return RoleRoot
	case 1:
		return RoleTLD
	default:
		return RoleAuthoritative
	}
}

// Server is a server as somebody asked it: one name, one address.
type Server struct {
	Name Name           `json:"name"` // "" where only the address is known; "R1." for a resolver of the lab
	Addr netip.AddrPort `json:"addr"`
	Role Role           `json:"role"`
}

// Glue says where the address of a name server came from (RFC 9471 §2).
type Glue string

// The ways in which a name server's address may be known.
const (
	GlueInDomain Glue = "in-domain" // the server's name is in the delegated zone
	GlueSibling  Glue = "sibling"   // the server's name is in another zone below the same parent
	GlueNone     Glue = "none"      // no address came with it
	GlueHint     Glue = "hint"      // root hints
	GlueCache    Glue = "cache"     // remembered from earlier
)

// NameServer is one server of a zone with the addresses known of it.
type NameServer struct {
	Name  Name         `json:"name"`
	Addrs []netip.Addr `json:"addrs"` // empty: a side walk is needed to ask this one
	Glue  Glue         `json:"glue"`
}

// Credibility ranks data by where it came from (RFC 2181 §5.4.1): a cache
// never replaces data by less credible data that came later.
type Credibility string

// The ranks, most credible last.
const (
	CredibilityHint        Credibility = "hint"        // configured root hints
	CredibilityAdditional  Credibility = "additional"  // additional section: glue
	CredibilityReferral    Credibility = "referral"    // authority section of a referral
	CredibilityAnswer      Credibility = "answer"      // answer section, AA=0
	CredibilityAuthorityAA Credibility = "authorityAA" // authority section, AA=1
	CredibilityAnswerAA    Credibility = "answerAA"    // answer section, AA=1
)

var credibilityRank = map[Credibility]int{
	CredibilityHint: 0, CredibilityAdditional: 1, CredibilityReferral: 2, CredibilityAnswer: 3, CredibilityAuthorityAA: 4, CredibilityAnswerAA: 5,
}

// Rank is the credibility as a number: larger is more credible.
func (c Credibility) Rank() int { return credibilityRank[c] }

// CacheKind tells positive entries from the two negative ones (RFC 2308 §2) and
// from failures.
type CacheKind string

// What a cache entry may say.
const (
	CachePositive CacheKind = "positive" // an RRset
	CacheNodata   CacheKind = "nodata"   // the name exists, this type does not
	CacheFailure  CacheKind = "failure"  // it could not be found out (RFC 9520)
	CacheNxdomain CacheKind = "nxdomain" // the name does not exist, nor anything below (RFC 8020)
)

// CacheEntry is one RRset or one negative answer in one cache, with everything
// that explains why it is there.
type CacheEntry struct {
	Name        Name        `json:"name"`
	Type        Type        `json:"type"` // for nxdomain: the type that was asked
	Kind        CacheKind   `json:"kind"`
	Records     []Record    `json:"records"`  // TTLSec as stored; for negative entries the SOA, if it came
	TTLSec      uint32      `json:"ttlSec"`   // lifetime when stored
	StoredAt    time.Time   `json:"storedAt"` // lesson time
	Credibility Credibility `json:"credibility"`
	Zone        Name        `json:"zone"` // zone whose server said it
	From        Server      `json:"from"`
	Outcome     Outcome     `json:"outcome,omitempty"` // for failure: which
	PaidBy      Question    `json:"paidBy"`            // the question somebody asked that caused it
	Trace       string      `json:"trace"`             // id of the trace in which it was stored, "" if none
}

// CacheSnapshot is a cache at one instant of lesson time.
type CacheSnapshot struct {
	Cache   string       `json:"cache"`   // "device", "R1", "R2"
	At      time.Time    `json:"at"`      // lesson time
	Entries []CacheEntry `json:"entries"` // in order of storing
	Dropped int          `json:"dropped"` // entries left out of a snapshot that would be too long
}
