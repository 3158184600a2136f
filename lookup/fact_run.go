package lookup

// An experiment makes the same page come in several ways, one after the other, each
// in a lab of its own: the facts of a run stand between its beginning and its
// measure.

// RunStarted says that a page is fetched in one of the ways that are compared.
type RunStarted struct {
	Run      string `json:"run"`      // "one", "kept", "six", "streams"
	Version  string `json:"version"`  // of HTTP: "1.0", "1.1", "2"
	Parallel int    `json:"parallel"` // connections at once
	URL      string `json:"url"`
	Percent  int    `json:"percent"` // of the packets with data that get lost on the way to the device
	Seed     int64  `json:"seed"`    // that decides which ones
}

// RunMeasured says what it cost, counted on the wire.
type RunMeasured struct {
	Run         string `json:"run"`
	Outcome     string `json:"outcome"` // "done", "failed"
	Detail      string `json:"detail"`  // of a failure, in English
	Connections int    `json:"connections"`
	Requests    int    `json:"requests"` // that were answered
	ElapsedUs   int64  `json:"elapsedUs"`
	RTTUs       int64  `json:"rttUs"` // from the first SYN to its answer
	Sent        int    `json:"sent"`  // octets of IP packets
	Received    int    `json:"received"`
	Packets     int    `json:"packets"`
	Lost        int    `json:"lost"`
	Again       int    `json:"again"` // segments that were sent once more
	Holes       int    `json:"holes"`
	HeldUs      int64  `json:"heldUs"` // how long octets waited behind a hole, all holes together
}

// HoleFilled says that octets of a connection, which had arrived, can be read at
// last: one before them had been missing.
type HoleFilled struct {
	Conn     int   `json:"conn"`
	WaitedUs int64 `json:"waitedUs"`
	Octets   int   `json:"octets"`   // that waited
	Requests int   `json:"requests"` // under way on this connection at the end of the wait
}

func (RunStarted) fact()  {}
func (RunMeasured) fact() {}
func (HoleFilled) fact()  {}

func (RunMeasured) lasting() {}

func (RunStarted) drawnByServer()  {}
func (RunMeasured) drawnByServer() {}
func (HoleFilled) drawnByServer()  {}
