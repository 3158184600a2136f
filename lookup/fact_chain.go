package lookup

import "net/netip"

// Errand is what a device wants a name for, and so which questions it asks. The
// zero value is a plain question.
type Errand string

// The errands.
const (
	ErrandPlain        Errand = ""
	ErrandTargets      Errand = "targets"      // MX, SRV, SVCB or HTTPS, then the addresses of the hosts that it names
	ErrandConnect      Errand = "connect"      // both address families at once, as before a connection (RFC 8305)
	ErrandSearch       Errand = "search"       // with the search list of the device (resolv.conf(5))
	ErrandNonrecursive Errand = "nonrecursive" // RD=0 to the resolver: what does it know by itself?
	ErrandIterative    Errand = "iterative"    // without a resolver: the device walks by itself
)

// Errands lists all errands but the plain one.
func Errands() []Errand {
	return []Errand{ErrandTargets, ErrandConnect, ErrandSearch, ErrandNonrecursive, ErrandIterative}
}

// AddressReversed says that an address was given where a name is asked for: its
// reverse name is what is asked about (RFC 1035 §3.5, RFC 3596 §2.5).
type AddressReversed struct {
	Host string     `json:"host"`
	Addr netip.Addr `json:"addr"`
	Name Name       `json:"name"`
}

// ModeChosen says that a device asks otherwise than a stub resolver does.
type ModeChosen struct {
	Host string `json:"host"`
	Mode Errand `json:"mode"` // "nonrecursive" or "iterative"
}

// SearchPlanned says which names a device tries for what was typed, in which
// order, and by which rule of resolv.conf(5): "absolute" (a final dot: that name
// and no other), "fewDots" (the search list comes first) or "enoughDots" (the
// name itself comes first).
type SearchPlanned struct {
	Host   string `json:"host"`
	Typed  Name   `json:"typed"`
	Dots   int    `json:"dots"`
	Ndots  int    `json:"ndots"`
	Search []Name `json:"search"`
	Names  []Name `json:"names"`
	Reason string `json:"reason"` // "absolute", "fewDots", "enoughDots"
}

// SearchTried begins one try of a search list.
type SearchTried struct {
	Host string `json:"host"`
	Name Name   `json:"name"`
	N    int    `json:"n"` // 1 for the first
	Of   int    `json:"of"`
}

// SearchMissed ends a try that found nothing of use, so that the next name is
// tried, if there is one.
type SearchMissed struct {
	Host    string  `json:"host"`
	Name    Name    `json:"name"`
	Outcome Outcome `json:"outcome"`
	Left    int     `json:"left"` // names still to try
}

// Target is a host that a record of a service names.
type Target struct {
	Name     Name `json:"name"`
	Priority int  `json:"priority"` // MX preference, SRV priority, SvcPriority: the lowest first
	Weight   int  `json:"weight"`   // SRV: share of the clients among equal priorities
	Port     int  `json:"port"`     // SRV, or the port of a SVCB or HTTPS record; 0 where none is said
}

// TargetsOrdered says which hosts an answer names and in which order a client
// goes to them. Rule is "priority" (RFC 5321 §5.1 for MX, RFC 2782 for SRV, RFC
// 9460 §2.4.1 for SVCB and HTTPS), "implicit" (no MX: the name itself, RFC 5321
// §5.1), "alias" (SvcPriority 0: the name is an alias for the service, RFC 9460
// §2.4.2), "noMail" (null MX, RFC 7505 §3), "noService" (target ".", RFC 2782) or "none".
type TargetsOrdered struct {
	Host    string   `json:"host"`
	Owner   Name     `json:"owner"`
	Via     Type     `json:"via"`
	Rule    string   `json:"rule"`
	Targets []Target `json:"targets"`
	Dropped int      `json:"dropped"` // targets past the bound, not looked up
}

// TargetWanted says that the device now needs the addresses of a target.
type TargetWanted struct {
	Host   string `json:"host"`
	Via    Type   `json:"via"`
	Target Name   `json:"target"`
	Type   Type   `json:"type"` // A or AAAA
	N      int    `json:"n"`
	Of     int    `json:"of"`
}

// TargetFound closes that, whatever came of it.
type TargetFound struct {
	Host    string       `json:"host"`
	Via     Type         `json:"via"`
	Target  Name         `json:"target"`
	Type    Type         `json:"type"`
	Outcome Outcome      `json:"outcome"`
	Addrs   []netip.Addr `json:"addrs"` // empty if there is none
}

// RaceBegun says that a device asks for both kinds of addresses at the same time,
// AAAA a moment before A (RFC 8305 §3).
type RaceBegun struct {
	Host  string `json:"host"`
	Name  Name   `json:"name"`
	Types []Type `json:"types"`
}

// RacePaused says that IPv4 addresses are there first: the device gives the
// answer about IPv6 a moment more before it connects, the Resolution Delay (RFC
// 8305 §3).
type RacePaused struct {
	Host    string `json:"host"`
	Name    Name   `json:"name"`
	Have    Type   `json:"have"`
	Missing Type   `json:"missing"`
	DelayMs int    `json:"delayMs"` // at most so long
}

// RaceDecided says when the device could begin to connect, and in which order it
// would (RFC 8305 §4). Reason is "both" (both answers were there), "ipv6First"
// (IPv6 came first: no reason to wait), "delayOver" (the Resolution Delay passed),
// "onlyIPv4", "onlyIPv6" or "none". Addresses that come later join the list.
type RaceDecided struct {
	Host     string       `json:"host"`
	Name     Name         `json:"name"`
	Reason   string       `json:"reason"`
	Order    []netip.Addr `json:"order"`
	WaitedUs int64        `json:"waitedUs"` // of the Resolution Delay
	AfterUs  int64        `json:"afterUs"`  // since the race began
}

// ExperimentPrepared says that a run took place in a laboratory of its own, made
// for it: with the caches as they were at the beginning of another run, and with
// at most one change.
type ExperimentPrepared struct {
	Host     string `json:"host"`     // for which it was made: "device"
	Of       string `json:"of"`       // id of the trace that is run again
	Change   string `json:"change"`   // key of the change, "none" for none
	Value    string `json:"value"`    // what it was set to, "" where the key says it all
	Seed     uint32 `json:"seed"`     // decides what chance decides
	Restored int    `json:"restored"` // cache entries that were put back
	Before   int    `json:"before"`   // lookups of the same question before this one
	SkipSec  int    `json:"skipSec"`  // lesson time that passed after these
}

func (AddressReversed) fact()    {}
func (ModeChosen) fact()         {}
func (SearchPlanned) fact()      {}
func (SearchTried) fact()        {}
func (SearchMissed) fact()       {}
func (TargetsOrdered) fact()     {}
func (TargetWanted) fact()       {}
func (TargetFound) fact()        {}
func (RaceBegun) fact()          {}
func (RacePaused) fact()         {}
func (RaceDecided) fact()        {}
func (ExperimentPrepared) fact() {}
