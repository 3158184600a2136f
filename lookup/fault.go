package lookup

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// FaultKind is a way in which a link or a server of the lab does not do what it
// should.
type FaultKind string

// Faults of links.
const (
	FaultDown      FaultKind = "down"      // nothing passes: the cable is out
	FaultLoss      FaultKind = "loss"      // Amount percent of the frames vanish, each way
	FaultDelay     FaultKind = "delay"     // Amount milliseconds more, each way
	FaultDuplicate FaultKind = "duplicate" // Amount percent arrive twice
	FaultReorder   FaultKind = "reorder"   // Amount percent overtake others
	FaultNoIPv6    FaultKind = "noIpv6"    // nothing of IPv6 gets through, and nobody says so
	FaultNoIPv4    FaultKind = "noIpv4"    // nothing of IPv4
)

// Faults of servers and resolvers.
const (
	FaultStopped FaultKind = "stopped" // the program has ended: its ports are closed
	FaultSilent  FaultKind = "silent"  // the program hears and says nothing
)

// Faults of authoritative servers.
const (
	FaultLame     FaultKind = "lame"     // refers upwards, to the root (RFC 9499 §7)
	FaultRefused  FaultKind = "refused"  // REFUSED to everybody
	FaultServfail FaultKind = "servfail" // SERVFAIL to everybody
	FaultFormErr  FaultKind = "formErr"  // FORMERR to queries with an OPT record (RFC 6891 §7)
	FaultWrongID  FaultKind = "wrongId"  // the ID of the query is not repeated
	FaultTC       FaultKind = "tc"       // TC=1 and nothing else, over TCP too
	FaultNoTCP    FaultKind = "noTcp"    // every TCP connection is reset
	FaultOldGone  FaultKind = "oldGone"  // an old copy of its zones, in which names are missing: NXDOMAIN
	FaultOldAddr  FaultKind = "oldAddr"  // an old copy of its zones, with another address
)

// Faults in the data of a zone.
const (
	FaultGlueDead  FaultKind = "glueDead"  // glue for a child is an address where nobody is
	FaultGlueOther FaultKind = "glueOther" // glue for a child is the address of another's server
	FaultExpired   FaultKind = "expired"   // the signatures of the zone have run out
)

// Fault is one thing that is wrong in a lab.
type Fault struct {
	Kind   FaultKind `json:"kind"`
	At     string    `json:"at"`     // id of a FaultPlace
	Amount int       `json:"amount"` // percent or ms, 0 for other kinds
}

// Bounds of the amount of a fault.
const (
	MaxFaultPercent = 100
	MaxFaultDelay   = 2000 // ms, each way
)

// FaultPlace is something that can have a fault, and be to blame.
type FaultPlace struct {
	ID   string       `json:"id"`   // "link:dns", "server:ns1.example.co.kr", "resolver:R1", "zone:kr."
	Sort string       `json:"sort"` // the part before the colon
	Name string       `json:"name"` // the part behind it
	Role string       `json:"role,omitempty"`
	Kind []FaultKind  `json:"kinds"`
	At   []netip.Addr `json:"-"` // addresses that are reached through it
	Zone Name         `json:"-"`
}

// Concerns reports whether a trace has anything to do with a place: an address
// behind it was asked, or its zone referred to others.
func (p FaultPlace) Concerns(events []Event) bool {
	return slices.ContainsFunc(events, func(e Event) bool {
		switch x := e.Fact.(type) {
		case QuerySent:
			return slices.Contains(p.At, x.Server.Addr.Addr()) && p.Sort != "zone"
		case ReferralReceived:
			return p.Sort == "zone" && x.Zone.Equal(p.Zone)
		case AnswerReceived:
			return p.Sort == "zone" && x.Zone.Equal(p.Zone)
		}
		return false
	})
}

// Sign is a fact that proves something: a kind of fact, and what must be in it.
// Empty members ask for nothing.
type Sign struct {
	Key    string       // "faults.sign." + Key says what is to be found
	Kinds  []string     // wire kinds, one of them
	By     Role         // who reports it: RoleStub or RoleResolver
	At     []netip.Addr // the server's address is one of them
	Not    []netip.Addr // and none of these
	Reason string       // of query.failed, response.rejected, lame.received
	Over   string       // transport
	Rcode  string
	Data   string        // a record has this data, or a server this address
	Slow   time.Duration // it took at least so long
}

// Matches reports whether an event is the sign.
func (s Sign) Matches(e Event) bool {
	if !slices.Contains(s.Kinds, Kind(e.Fact)) {
		return false
	}
	by, server, took := Party{}, Server{}, int64(0)
	reason, over, rcode := "", "", ""
	var data []string
	reply := func(r Reply) {
		by, server, took, over, rcode = r.Party, r.Server, r.RTTUs, r.Transport, r.Rcode.String()
	}
	switch x := e.Fact.(type) {
	case QueryTimedOut:
		by, server, took = x.Party, x.Server, x.WaitedUs
	case QueryFailed:
		by, server, took, reason, over = x.Party, x.Server, x.WaitedUs, x.Reason, x.Transport
	case ResponseRejected:
		by, reason = x.Party, x.Reason
		server.Addr = x.From
	case EdnsDropped:
		by, server, reason = Party{By: RoleResolver, Host: x.Host}, x.Server, x.Reason
	case AnswerReceived:
		reply(x.Reply)
		for _, r := range x.Records {
			data = append(data, r.Data)
		}
	case ReferralReceived:
		reply(x.Reply)
		for _, ns := range x.Servers {
			for _, a := range ns.Addrs {
				data = append(data, a.String())
			}
		}
	case NxdomainReceived:
		reply(x.Reply)
	case NodataReceived:
		reply(x.Reply)
	case TruncationReceived:
		reply(x.Reply)
	case FailureReceived:
		reply(x.Reply)
	case LameReceived:
		reply(x.Reply)
		reason = x.Reason
	case ConnectionOpened:
		by, server = x.Party, x.Server
	case SignatureChecked:
		reason = x.Result
	}
	addr := server.Addr.Addr()
	return (s.By == "" || s.By == by.By) && (s.At == nil || slices.Contains(s.At, addr)) && !slices.Contains(s.Not, addr) &&
		(s.Reason == "" || s.Reason == reason) && (s.Over == "" || s.Over == over) && (s.Rcode == "" || s.Rcode == rcode) &&
		(s.Data == "" || slices.ContainsFunc(data, func(d string) bool { return strings.Contains(d, s.Data) })) &&
		took >= s.Slow.Microseconds()
}

// FaultCase is a riddle: faults that nobody tells, a question that shows them,
// who is to blame, and the signs that prove it.
type FaultCase struct {
	Key       string
	Faults    []Fault
	Question  Question
	DO        bool   // ask with DNSSEC
	Complaint string // what people say: "slow" (now and then), "fails", "odd" (something else than it should be)
	Culprit   string // id of a FaultPlace
	Signs     []Sign // all of them are needed
}

// LinkTime is how long real packets took from R1 to the far end of a link and
// back.
type LinkTime struct {
	Place  string     `json:"place"` // id of a FaultPlace
	Addr   netip.Addr `json:"addr"`
	Before string     `json:"before"` // the link on the way to it, "" for none
	Sent   int        `json:"sent"`
	RTTUs  []int64    `json:"rttUs"` // of those that came back, shortest first
}

// Median is the middle of the times, in µs; false if nothing came back.
func (t LinkTime) Median() (int64, bool) {
	if len(t.RTTUs) == 0 {
		return 0, false
	}
	return t.RTTUs[len(t.RTTUs)/2], true
}
