package lookup

// QueryArrived opens the trace of a lookup that no device of the lesson made:
// a program outside, dig for example, sent a query to one of its resolvers.
type QueryArrived struct {
	Host      string       `json:"host"`      // the resolver: "R1"
	Client    string       `json:"client"`    // address and port of a program on this machine; of others only the network that they are in
	Transport string       `json:"transport"` // "udp", "tcp" or "https" (RFC 8484)
	Question  Question     `json:"question"`
	Network   string       `json:"network"`
	Lesson    ClockReading `json:"lesson"`
	Message   Message      `json:"message"`
}

// ResponseSent closes such a trace: the response has left for the program
// outside. What that makes of it nobody here knows.
type ResponseSent struct {
	Host      string   `json:"host"`
	Client    string   `json:"client"`
	Transport string   `json:"transport"`
	Question  Question `json:"question"`
	Outcome   Outcome  `json:"outcome"`
	Rcode     Rcode    `json:"rcode"`
	Records   []Record `json:"records"`   // of the answer section; none where it was truncated
	Truncated bool     `json:"truncated"` // TC=1: the client is to ask again over TCP
	Queries   int      `json:"queries"`   // packets sent for it
	ElapsedUs int64    `json:"elapsedUs"` // since the query arrived
	Message   Message  `json:"message"`
}

// Result is what kind of response it was: "answer", "nodata", "nxdomain",
// "truncation" or "failure".
func (f ResponseSent) Result() string {
	switch {
	case f.Truncated:
		return "truncation"
	case f.Outcome == OutcomeAnswer || f.Outcome == OutcomeNodata || f.Outcome == OutcomeNxdomain:
		return string(f.Outcome)
	}
	return "failure"
}

func (f QueryArrived) wire() Message { return f.Message }
func (f ResponseSent) wire() Message { return f.Message }

func (QueryArrived) fact() {}
func (ResponseSent) fact() {}

func (ResponseSent) lasting() {}
