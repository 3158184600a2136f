package lookup

import (
	"net/netip"
	"time"
)

// ZoneCopy is one server's copy of a zone. Instants are lesson time, zero
// where there is none.
type ZoneCopy struct {
	Server      Server    `json:"server"`
	Primary     bool      `json:"primary"` // changes are made here (RFC 9499 §6)
	Serial      uint32    `json:"serial"`
	Records     int       `json:"records"`
	Expired     bool      `json:"expired"` // too old to be served
	Down        bool      `json:"down"`    // the server is switched off
	Timer       string    `json:"timer"`   // what runs: "refresh", "retry"; "" at the primary
	SetAt       time.Time `json:"setAt"`   // when that timer was set
	NextAt      time.Time `json:"nextAt"`  // when the primary is asked next
	RefreshedAt time.Time `json:"refreshedAt"`
	ExpiresAt   time.Time `json:"expiresAt"`
}

// ZoneTimers are the times in an SOA record that secondaries go by (RFC 1035
// §3.3.13).
type ZoneTimers struct {
	RefreshSec uint32 `json:"refreshSec"`
	RetrySec   uint32 `json:"retrySec"`
	ExpireSec  uint32 `json:"expireSec"`
}

// ZoneState is a zone and its copies as they are now.
type ZoneState struct {
	Zone    Name       `json:"zone"`
	Timers  ZoneTimers `json:"timers"`
	Copies  []ZoneCopy `json:"copies"`  // the primary's first
	Journal int        `json:"journal"` // changes that the primary remembers
	Records []Record   `json:"records"` // the primary's, the SOA first
}

// CopiesListed opens the trace of a zone transfer: what each server of the zone
// had when it began, and why it began.
type CopiesListed struct {
	Zone   Name         `json:"zone"`
	Cause  string       `json:"cause"` // "change", "notify", "asked", "timer", "expiry", "stranger"
	Timers ZoneTimers   `json:"timers"`
	Copies []ZoneCopy   `json:"copies"` // the primary first
	Lesson ClockReading `json:"lesson"`
}

// ZoneChanged says that records were changed at the primary. With From and To
// the same, nobody was told: a secondary cannot see the difference.
type ZoneChanged struct {
	Zone    Name     `json:"zone"`
	Server  Server   `json:"server"`
	From    uint32   `json:"from"`
	To      uint32   `json:"to"`
	Deleted []Record `json:"deleted"`
	Added   []Record `json:"added"`
}

// NotifySent says that the primary told a secondary to look (RFC 1996).
type NotifySent struct {
	Zone    Name           `json:"zone"`
	Primary Server         `json:"primary"`
	Server  Server         `json:"server"` // the secondary
	From    netip.AddrPort `json:"from"`
	Serial  uint32         `json:"serial"`
	ID      uint16         `json:"id"`
	Try     int            `json:"try"`
	Message Message        `json:"message"`
}

// NotifyReceived says that it came to a secondary, and whether that took it
// for its primary's.
type NotifyReceived struct {
	Zone     Name           `json:"zone"`
	Server   Server         `json:"server"` // the secondary
	From     netip.AddrPort `json:"from"`
	Accepted bool           `json:"accepted"`
	Message  Message        `json:"message"`
}

// NotifyAnswered says that the secondary's response came back.
type NotifyAnswered struct {
	Zone    Name    `json:"zone"`
	Primary Server  `json:"primary"`
	Server  Server  `json:"server"`
	Rcode   Rcode   `json:"rcode"`
	RTTUs   int64   `json:"rttUs"`
	Message Message `json:"message"`
}

// NotifyUnanswered says that no response came in time.
type NotifyUnanswered struct {
	Zone     Name   `json:"zone"`
	Primary  Server `json:"primary"`
	Server   Server `json:"server"`
	Try      int    `json:"try"`
	WaitedUs int64  `json:"waitedUs"`
}

// TimerDue says that a timer of a secondary ran out, on lesson time.
type TimerDue struct {
	Zone   Name      `json:"zone"`
	Server Server    `json:"server"`
	Timer  string    `json:"timer"` // "refresh", "retry", "expire"
	SetAt  time.Time `json:"setAt"`
	Sec    uint32    `json:"sec"` // what it was set to
}

// TimerSet says when a secondary asks its primary again.
type TimerSet struct {
	Zone      Name      `json:"zone"`
	Server    Server    `json:"server"`
	Timer     string    `json:"timer"` // "refresh" or "retry"
	Sec       uint32    `json:"sec"`
	DueAt     time.Time `json:"dueAt"`
	ExpiresAt time.Time `json:"expiresAt"` // when the copy is given up unless the primary answers before
}

// RefreshStarted says that a secondary begins to find out whether its copy is
// the newest (RFC 1034 §4.3.5).
type RefreshStarted struct {
	Zone    Name   `json:"zone"`
	Server  Server `json:"server"` // the secondary
	Primary Server `json:"primary"`
	Cause   string `json:"cause"` // "notify", "refresh", "retry", "asked"
	Serial  uint32 `json:"serial"`
}

// RefreshFinished says how that ended. It is reported whatever happened.
type RefreshFinished struct {
	Zone      Name     `json:"zone"`
	Outcome   string   `json:"outcome"` // "current", "updated", "replaced", "unreachable", "refused", "failed"
	Copy      ZoneCopy `json:"copy"`
	ElapsedUs int64    `json:"elapsedUs"`
}

// SerialAsked says that a secondary asks its primary for the SOA record.
type SerialAsked struct {
	Zone    Name           `json:"zone"`
	Server  Server         `json:"server"`
	Primary Server         `json:"primary"`
	From    netip.AddrPort `json:"from"`
	Try     int            `json:"try"`
	Message Message        `json:"message"`
}

// SerialReceived is the response.
type SerialReceived struct {
	Zone    Name    `json:"zone"`
	Server  Server  `json:"server"`
	Primary Server  `json:"primary"`
	Rcode   Rcode   `json:"rcode"`
	Serial  uint32  `json:"serial"` // 0 where the response has none
	RTTUs   int64   `json:"rttUs"`
	Message Message `json:"message"`
}

// SerialUnanswered says that none came.
type SerialUnanswered struct {
	Zone     Name   `json:"zone"`
	Server   Server `json:"server"`
	Primary  Server `json:"primary"`
	Try      int    `json:"try"`
	WaitedUs int64  `json:"waitedUs"`
}

// SerialCompared says how the primary's serial stands to the secondary's own
// (RFC 1982).
type SerialCompared struct {
	Zone    Name        `json:"zone"`
	Server  Server      `json:"server"`
	Have    uint32      `json:"have"`
	Offered uint32      `json:"offered"`
	Order   SerialOrder `json:"order"` // of the offered one to the own
}

// TransferRequested says that somebody asks for a zone over TCP.
type TransferRequested struct {
	Zone    Name           `json:"zone"`
	Client  string         `json:"client"` // the secondary's name, or "device"
	Server  Server         `json:"server"`
	Type    Type           `json:"type"` // AXFR or IXFR
	Have    uint32         `json:"have"` // IXFR: the serial to begin from
	From    netip.AddrPort `json:"from"`
	Message Message        `json:"message"`
}

// TransferReceived is one message of the stream.
type TransferReceived struct {
	Zone    Name     `json:"zone"`
	Client  string   `json:"client"`
	Server  Server   `json:"server"`
	Number  int      `json:"number"` // 1 for the first
	Records []Record `json:"records"`
	Last    bool     `json:"last"`    // ends with the SOA that began it
	SinceUs int64    `json:"sinceUs"` // since the request
	Message Message  `json:"message"`
}

// TransferRefused is a response that gives nothing away.
type TransferRefused struct {
	Zone    Name    `json:"zone"`
	Client  string  `json:"client"`
	Server  Server  `json:"server"`
	Type    Type    `json:"type"`
	Rcode   Rcode   `json:"rcode"`
	Message Message `json:"message"`
}

// TransferFailed says that the stream broke off or makes no sense.
type TransferFailed struct {
	Zone   Name   `json:"zone"`
	Client string `json:"client"`
	Server Server `json:"server"`
	Type   Type   `json:"type"`
	Reason string `json:"reason"` // "unreachable", "broken", "malformed", "outOfStep" (a difference that does not fit), "tooBig", "unusable"
}

// TransferFellBack says that the whole zone takes the place of the difference
// (RFC 1995 §4).
type TransferFellBack struct {
	Zone   Name   `json:"zone"`
	Client string `json:"client"`
	Server Server `json:"server"`
	Reason string `json:"reason"` // "whole": the server answered IXFR with all of it; "again": the client asks with AXFR
}

// DiffApplied says that a secondary changed its copy record by record.
type DiffApplied struct {
	Zone    Name     `json:"zone"`
	Server  Server   `json:"server"`
	From    uint32   `json:"from"`
	To      uint32   `json:"to"`
	Deleted []Record `json:"deleted"`
	Added   []Record `json:"added"`
}

// ZoneReplaced says that a secondary has a whole new copy.
type ZoneReplaced struct {
	Zone    Name   `json:"zone"`
	Server  Server `json:"server"`
	Serial  uint32 `json:"serial"`
	Records int    `json:"records"`
}

// ZoneExpired says that a secondary gives its copy up: it has not heard of the
// primary for too long, and answers SERVFAIL from now on.
type ZoneExpired struct {
	Zone        Name      `json:"zone"`
	Server      Server    `json:"server"`
	RefreshedAt time.Time `json:"refreshedAt"`
	ExpireSec   uint32    `json:"expireSec"`
}

func (f NotifySent) wire() Message        { return f.Message }
func (f NotifyReceived) wire() Message    { return f.Message }
func (f NotifyAnswered) wire() Message    { return f.Message }
func (f SerialAsked) wire() Message       { return f.Message }
func (f SerialReceived) wire() Message    { return f.Message }
func (f TransferRequested) wire() Message { return f.Message }
func (f TransferReceived) wire() Message  { return f.Message }
func (f TransferRefused) wire() Message   { return f.Message }

func (CopiesListed) fact()      {}
func (ZoneChanged) fact()       {}
func (NotifySent) fact()        {}
func (NotifyReceived) fact()    {}
func (NotifyAnswered) fact()    {}
func (NotifyUnanswered) fact()  {}
func (TimerDue) fact()          {}
func (TimerSet) fact()          {}
func (RefreshStarted) fact()    {}
func (RefreshFinished) fact()   {}
func (SerialAsked) fact()       {}
func (SerialReceived) fact()    {}
func (SerialUnanswered) fact()  {}
func (SerialCompared) fact()    {}
func (TransferRequested) fact() {}
func (TransferReceived) fact()  {}
func (TransferRefused) fact()   {}
func (TransferFailed) fact()    {}
func (TransferFellBack) fact()  {}
func (DiffApplied) fact()       {}
func (ZoneReplaced) fact()      {}
func (ZoneExpired) fact()       {}

func (RefreshFinished) lasting() {}

// drawnByServer are facts that no script of a page folds or tells: the sheet of
// zone transfers is drawn by the server alone.
type drawnByServer interface{ drawnByServer() }

// DrawnByServer reports whether a fact is one of those.
func DrawnByServer(f Fact) bool {
	_, ok := f.(drawnByServer)
	return ok
}

func (CopiesListed) drawnByServer()      {}
func (ZoneChanged) drawnByServer()       {}
func (NotifySent) drawnByServer()        {}
func (NotifyReceived) drawnByServer()    {}
func (NotifyAnswered) drawnByServer()    {}
func (NotifyUnanswered) drawnByServer()  {}
func (TimerDue) drawnByServer()          {}
func (TimerSet) drawnByServer()          {}
func (RefreshStarted) drawnByServer()    {}
func (RefreshFinished) drawnByServer()   {}
func (SerialAsked) drawnByServer()       {}
func (SerialReceived) drawnByServer()    {}
func (SerialUnanswered) drawnByServer()  {}
func (SerialCompared) drawnByServer()    {}
func (TransferRequested) drawnByServer() {}
func (TransferReceived) drawnByServer()  {}
func (TransferRefused) drawnByServer()   {}
func (TransferFailed) drawnByServer()    {}
func (TransferFellBack) drawnByServer()  {}
func (DiffApplied) drawnByServer()       {}
func (ZoneReplaced) drawnByServer()      {}
func (ZoneExpired) drawnByServer()       {}
