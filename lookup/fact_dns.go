package lookup

import "net/netip"

// ServersListed is the SLIST of RFC 1034 §5.3.2: the servers of the closest
// known zone around the name, and where that knowledge comes from.
type ServersListed struct {
	Host    string       `json:"host"`
	Name    Name         `json:"name"` // the name being looked for
	Zone    Name         `json:"zone"`
	Source  string       `json:"source"` // "hints", "cache", "referral"
	Servers []NameServer `json:"servers"`
}

// Candidate is one server address that could have been chosen.
type Candidate struct {
	Name   Name       `json:"name"`
	Addr   netip.Addr `json:"addr"`
	State  string     `json:"state"`  // "untried", "measured", "failed", "asked" (already in this step)
	SRTTUs int64      `json:"srttUs"` // smoothed round-trip time, 0 unless measured
}

// ServerChosen says whom the resolver asks next and why this one.
type ServerChosen struct {
	Host       string      `json:"host"`
	Zone       Name        `json:"zone"`
	Server     Server      `json:"server"`
	Reason     string      `json:"reason"` // "only", "fastest", "untried", "explore", "retry", "next", "seed" (drawn, so that runs can be compared)
	Candidates []Candidate `json:"candidates"`
}

// QuestionMinimised says that the resolver tells the servers of a zone only as
// much of the name as they need for the next step (RFC 9156).
type QuestionMinimised struct {
	Host     string   `json:"host"`
	Zone     Name     `json:"zone"`
	Question Question `json:"question"` // what is to be found out
	Asked    Question `json:"asked"`    // what the servers get to see
}

// RootPrimed says that the resolver asked a root server for the list of root
// servers, since its hints may be old (RFC 9609).
type RootPrimed struct {
	Host    string       `json:"host"`
	Servers []NameServer `json:"servers"`
	TTLSec  uint32       `json:"ttlSec"`
}

// EdnsDropped says that the resolver asks a server without an OPT record from
// now on (RFC 6891 §7).
type EdnsDropped struct {
	Host   string `json:"host"`
	Server Server `json:"server"`
	Reason string `json:"reason"` // "formErr", "notImp", "badVers", "silence"
}

// QuerySent says that a query left for a server.
type QuerySent struct {
	Party
	Server    Server         `json:"server"`
	Zone      Name           `json:"zone"` // zone asked on behalf of; "" from the stub
	Question  Question       `json:"question"`
	Transport string         `json:"transport"` // "udp" or "tcp"
	From      netip.AddrPort `json:"from"`
	ID        uint16         `json:"id"`
	Try       int            `json:"try"`       // 1 for the first packet of this question to this server
	TimeoutMs int            `json:"timeoutMs"` // the timer that was set
	Message   Message        `json:"message"`
}

// Reply is what every response fact has.
type Reply struct {
	Party
	Query     int      `json:"query"` // seq of the query.sent that it answers
	Server    Server   `json:"server"`
	Zone      Name     `json:"zone"`
	Question  Question `json:"question"`
	Transport string   `json:"transport"`
	RTTUs     int64    `json:"rttUs"`
	AA        bool     `json:"aa"`
	Rcode     Rcode    `json:"rcode"`
	Message   Message  `json:"message"`
}

func (r Reply) wire() Message { return r.Message }

// Answered is what all facts about responses have.
func (r Reply) Answered() Reply { return r }

// AnswerReceived is a response that has what was asked for, possibly behind
// aliases.
type AnswerReceived struct {
	Reply
	Records []Record `json:"records"` // answer section, scrubbed
}

// AliasReceived is a response that names a canonical name without its data.
type AliasReceived struct {
	Reply
	Owner  Name `json:"owner"`
	Target Name `json:"target"`
	Via    Type `json:"via"` // CNAME or DNAME
}

// ReferralReceived is not an answer: AA=0, the answer section is empty and
// the authority section names the servers of a zone closer to the name
// (RFC 9499 §4).
type ReferralReceived struct {
	Reply
	Child   Name         `json:"child"`
	Servers []NameServer `json:"servers"`
}

// NodataReceived says that the name exists but has no such record (RFC 2308
// §2.2).
type NodataReceived struct {
	Reply
	SOA         []Record `json:"soa"`         // the one SOA record, or none
	NegativeSec uint32   `json:"negativeSec"` // how long it may be kept (RFC 2308 §5); 0: not at all
}

// NxdomainReceived says that the name does not exist, nor anything below it
// (RFC 8020).
type NxdomainReceived struct {
	Reply
	Denied      Name     `json:"denied"` // the name denied: the end of any alias chain
	SOA         []Record `json:"soa"`
	NegativeSec uint32   `json:"negativeSec"`
}

// TruncationReceived is a response with TC=1: ask again over TCP (RFC 7766 §5).
type TruncationReceived struct{ Reply }

// FailureReceived is a response whose rcode is neither NOERROR nor NXDOMAIN.
type FailureReceived struct{ Reply }

// LameReceived is a response of a server that does not serve the zone it was
// delegated (RFC 9499 §7, lame delegation): no authority, no referral closer.
type LameReceived struct {
	Reply
	Reason string `json:"reason"` // "notAuthoritative", "upward", "refused"
}

// ResponseRejected is something that arrived and was not believed (RFC 5452
// §9.1): the query goes on waiting.
type ResponseRejected struct {
	Party
	Query   int            `json:"query"`
	From    netip.AddrPort `json:"from"`
	Reason  string         `json:"reason"` // "id", "question", "case" (other letters than those sent), "cookie" (RFC 7873 §5.3), "address", "notResponse", "malformed", "opcode"
	Message Message        `json:"message"`
}

// QueryTimedOut says that the timer of a query ran out.
type QueryTimedOut struct {
	Party
	Query    int    `json:"query"`
	Server   Server `json:"server"`
	Try      int    `json:"try"`
	WaitedUs int64  `json:"waitedUs"`
}

// QueryFailed says that the network itself refused: ICMP port or host
// unreachable, connection refused or reset.
type QueryFailed struct {
	Party
	Query     int    `json:"query"`
	Server    Server `json:"server"`
	Transport string `json:"transport"`
	Reason    string `json:"reason"` // "refused", "unreachable", "reset", "closed", "other"
	WaitedUs  int64  `json:"waitedUs"`
}

// QueryBlocked says that a query was not sent: the policy of the network lets
// nothing out to that address, and no packet left.
type QueryBlocked struct {
	Party
	Server    Server `json:"server"`
	Transport string `json:"transport"`
	Reason    string `json:"reason"` // "special", "multicast", "unallocated", "embedded", "own", "metadata", "port", "family"; "connects", "bytes" or "time" of one run that are used up; "serverRate" or "zoneRate" of all users together
	Text      string `json:"text"`   // the reason in English, in more detail: "link-local"
}

// ConnectionOpened says that a TCP connection for queries stands.
type ConnectionOpened struct {
	Party
	Server    Server         `json:"server"`
	From      netip.AddrPort `json:"from"`
	ElapsedUs int64          `json:"elapsedUs"`
}

// ConnectionReused says that a query goes over a TCP connection that was left
// open after the one before (RFC 7766 §6.2.1).
type ConnectionReused struct {
	Party
	Server Server         `json:"server"`
	From   netip.AddrPort `json:"from"`
	IdleUs int64          `json:"idleUs"` // since it was last used
}

// RecordDiscarded is a record of a response that the resolver did not use.
type RecordDiscarded struct {
	Host    string `json:"host"`
	Server  Server `json:"server"`
	Record  Record `json:"record"`
	Section string `json:"section"` // "answer", "authority", "additional"
	Reason  string `json:"reason"`  // "outOfZone", "notAsked", "notGlue", "unusable", "tooMany"
}

// AliasFollowed says that the search starts again at the canonical name
// (RFC 1034 §3.6.2).
type AliasFollowed struct {
	Host string `json:"host"`
	From Name   `json:"from"`
	To   Name   `json:"to"`
	Via  Type   `json:"via"`
}

// AddressWanted opens a side walk: a name server is known by name only.
type AddressWanted struct {
	Host   string `json:"host"`
	Zone   Name   `json:"zone"`   // the zone it serves
	Server Name   `json:"server"` // the name whose address is wanted
	Type   Type   `json:"type"`   // A or AAAA
}

// AddressFound closes a side walk.
type AddressFound struct {
	Host   string       `json:"host"`
	Server Name         `json:"server"`
	Addrs  []netip.Addr `json:"addrs"`
}

// AddressMissing closes a side walk that found nothing.
type AddressMissing struct {
	Host    string  `json:"host"`
	Server  Name    `json:"server"`
	Outcome Outcome `json:"outcome"`
}

func (f QuerySent) wire() Message        { return f.Message }
func (f ResponseRejected) wire() Message { return f.Message }

func (ServersListed) fact()      {}
func (ServerChosen) fact()       {}
func (QuestionMinimised) fact()  {}
func (RootPrimed) fact()         {}
func (EdnsDropped) fact()        {}
func (QuerySent) fact()          {}
func (AnswerReceived) fact()     {}
func (AliasReceived) fact()      {}
func (ReferralReceived) fact()   {}
func (NodataReceived) fact()     {}
func (NxdomainReceived) fact()   {}
func (TruncationReceived) fact() {}
func (FailureReceived) fact()    {}
func (LameReceived) fact()       {}
func (ResponseRejected) fact()   {}
func (QueryTimedOut) fact()      {}
func (QueryFailed) fact()        {}
func (QueryBlocked) fact()       {}
func (ConnectionOpened) fact()   {}
func (ConnectionReused) fact()   {}
func (RecordDiscarded) fact()    {}
func (AliasFollowed) fact()      {}
func (AddressWanted) fact()      {}
func (AddressFound) fact()       {}
func (AddressMissing) fact()     {}
