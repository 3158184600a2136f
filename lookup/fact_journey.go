package lookup

import "net/netip"

// A journey is everything from the address bar to the last paint: a lookup, and
// what follows it, as legs of one trace.

// Leg is a part of a journey.
type Leg string

// The legs, in order.
const (
	LegConnect Leg = "connect"
	LegEncrypt Leg = "encrypt"
	LegRequest Leg = "request"
	LegDraw    Leg = "draw"
)

// Legs lists the legs in order.
func Legs() []Leg { return []Leg{LegConnect, LegEncrypt, LegRequest, LegDraw} }

// Address is a URL of the Web, as what connects needs it.
type Address struct {
	URL    string `json:"url"`    // as it is after parsing
	Scheme string `json:"scheme"` // "http" or "https"
	Host   string `json:"host"`   // a name as it goes on the wire (A-labels, no final dot), or an IP address
	Port   int    `json:"port"`
	Path   string `json:"path"` // with the query
}

// JourneyStarted says what was typed and what a browser reads in it.
type JourneyStarted struct{ Address }

// LegStarted says that a part of the journey begins.
type LegStarted struct {
	Leg  Leg            `json:"leg"`
	Addr netip.AddrPort `json:"addr"` // where it goes
}

// LegFinished says how it ended. It is reported whatever happened.
type LegFinished struct {
	Leg       Leg    `json:"leg"`
	Outcome   string `json:"outcome"` // "done", "failed" or "unneeded"
	Detail    string `json:"detail"`  // an error, or what it came to
	Stop             // of one that failed
	ElapsedUs int64  `json:"elapsedUs"`
}

// JourneyFinished closes the journey. It is reported whatever happened.
type JourneyFinished struct {
	Outcome   string `json:"outcome"` // "done" or "failed"
	Last      Leg    `json:"last"`    // the leg it ended in; "" for the lookup
	ElapsedUs int64  `json:"elapsedUs"`
}

func (JourneyStarted) fact()  {}
func (LegStarted) fact()      {}
func (LegFinished) fact()     {}
func (JourneyFinished) fact() {}

func (LegFinished) lasting()     {}
func (JourneyFinished) lasting() {}

func (JourneyStarted) drawnByServer()  {}
func (LegStarted) drawnByServer()      {}
func (LegFinished) drawnByServer()     {}
func (JourneyFinished) drawnByServer() {}
