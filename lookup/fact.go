package lookup

// Fact is something that became true during a run, said in the past tense on
// one line. The set is closed: every fact is a struct of this package, listed
// once in the registry, from which come its wire kind, the decoder, the
// JavaScript types, the JSON Schema and the tests for completeness.
//
// Facts are reported by value and never changed afterwards.
type Fact interface {
	// Line says which sentence tells this fact and what fills its blanks.
	Line() Line
	fact()
}

// Message is a DNS message as it was on the wire. In JSON it is base64, and
// the fact that carries it gets a "spans" member beside it: the named fields
// of those bytes, from [Anatomy].
type Message []byte

// messenger is a fact that carries a message.
type messenger interface{ wire() Message }

// Party says who did something: which half of a lookup, on which host.
type Party struct {
	By   Role   `json:"by"`   // "stub" or "resolver"
	Host string `json:"host"` // "device", "R1", "R2"
}

// Outcome is how a lookup or a resolution ended. Each limit has its own.
type Outcome string

// The outcomes. An rcode is an answer: only the lower ones are failures of
// the lookup itself.
const (
	OutcomeAnswer   Outcome = "answer"
	OutcomeNodata   Outcome = "nodata"
	OutcomeNxdomain Outcome = "nxdomain"

	OutcomeReferral Outcome = "referral" // the server pointed to others, and nobody followed

	OutcomeServfail       Outcome = "servfail"       // the resolver gave up and said so
	OutcomeRefused        Outcome = "refused"        // the server would not answer
	OutcomeFailed         Outcome = "failed"         // another rcode that is no answer
	OutcomeUnreachable    Outcome = "unreachable"    // every server was tried and none gave a usable response
	OutcomeTimeLimit      Outcome = "timeLimit"      // the whole lookup took too long
	OutcomeQueryLimit     Outcome = "queryLimit"     // too many queries for one question
	OutcomeReferralLimit  Outcome = "referralLimit"  // too many referrals in a row
	OutcomeAliasLimit     Outcome = "aliasLimit"     // too many CNAME or DNAME steps
	OutcomeAliasLoop      Outcome = "aliasLoop"      // an alias chain came back to itself
	OutcomeSideWalkLimit  Outcome = "sideWalkLimit"  // too many, or too deeply nested, look-ups of server addresses
	OutcomeByteLimit      Outcome = "byteLimit"      // servers sent too much for one question
	OutcomeRateLimit      Outcome = "rateLimit"      // servers were asked too often for now, by all users together
	OutcomeRecordLimit    Outcome = "recordLimit"    // an RRset larger than is kept: a part of one is of no use
	OutcomeDependencyLoop Outcome = "dependencyLoop" // a server's address needs the zone that it serves
	OutcomeCanceled       Outcome = "canceled"       // whoever asked went away
)

// LookupStarted opens a trace: a learner's device wants to know something.
type LookupStarted struct {
	Question Question     `json:"question"`
	Host     string       `json:"host"`
	Network  string       `json:"network"`
	Lesson   ClockReading `json:"lesson"`
}

// LookupFinished closes it. It is reported whatever happened.
type LookupFinished struct {
	Question        Question `json:"question"`
	Host            string   `json:"host"`
	Outcome         Outcome  `json:"outcome"`
	Rcode           Rcode    `json:"rcode"`
	Records         []Record `json:"records"`         // the answer with the alias chain before it
	FromCache       string   `json:"fromCache"`       // the cache on the device that had it, "" if the network was asked
	StubQueries     int      `json:"stubQueries"`     // packets the device sent
	ResolverQueries int      `json:"resolverQueries"` // packets its resolvers sent on its behalf
	ElapsedUs       int64    `json:"elapsedUs"`
}

// HostsSearched says what the device's hosts file had for the name.
type HostsSearched struct {
	Host  string   `json:"host"`
	Name  Name     `json:"name"`
	Found []Record `json:"found"` // empty: no line for it
}

// ResolutionStarted is the recursive resolver's side of the device's query.
type ResolutionStarted struct {
	Host     string   `json:"host"`
	Client   string   `json:"client"` // address and port that asked; "" where that is nobody's business
	Question Question `json:"question"`
}

// ResolutionFinished is reported whatever happened, before the resolver sends
// its response.
type ResolutionFinished struct {
	Host      string   `json:"host"`
	Question  Question `json:"question"`
	Outcome   Outcome  `json:"outcome"`
	Rcode     Rcode    `json:"rcode"`
	Records   []Record `json:"records"`
	Queries   int      `json:"queries"` // packets sent for this question
	FromCache bool     `json:"fromCache"`
	ElapsedUs int64    `json:"elapsedUs"`

	// Extended is what goes into the response's OPT record, if the client
	// takes one.
	Extended []ExtendedError `json:"extended,omitempty"`
}

// ResolutionJoined says that the resolver is finding this out already, for
// somebody else or for an earlier packet of the same client: this one waits for
// that result and nothing more is sent (RFC 5452 §5).
type ResolutionJoined struct {
	Host     string   `json:"host"`
	Question Question `json:"question"`
	Trace    string   `json:"trace"` // id of the trace in which the walk is told, "" if nobody watches it
}

// ExtendedError says why, beside an rcode (RFC 8914).
type ExtendedError struct {
	Code uint16 `json:"code"` // INFO-CODE: 22 is No Reachable Authority
	Text string `json:"text"` // EXTRA-TEXT, English, for people
}

// LimitReached says which bound stopped or bent a resolution.
type LimitReached struct {
	Host  string  `json:"host"`
	Limit Outcome `json:"limit"` // one of the …Limit or …Loop outcomes
	Max   int     `json:"max"`   // the bound; ms for timeLimit, octets for byteLimit, queries a second for rateLimit, 0 for loops
	Name  Name    `json:"name"`  // the name being looked for at that moment
}

// TraceTruncated stands where further facts were dropped.
type TraceTruncated struct {
	Limit string `json:"limit"` // "events" or "bytes"
	Max   int    `json:"max"`
}

func (LookupStarted) fact()      {}
func (LookupFinished) fact()     {}
func (HostsSearched) fact()      {}
func (ResolutionStarted) fact()  {}
func (ResolutionFinished) fact() {}
func (ResolutionJoined) fact()   {}
func (LimitReached) fact()       {}
func (TraceTruncated) fact()     {}

// lasting facts are kept even past the bounds of a trace, so that every trace
// says how it ended.
type lasting interface{ lasting() }

func (LookupFinished) lasting()     {}
func (ResolutionFinished) lasting() {}
