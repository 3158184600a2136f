package lookup

// Facts of HTTP/2 (RFC 9113). Frames are those that a connection really carried:
// both directions, in the order in which the learner's own device wrote and read
// them.

// CodedField is a field line as HPACK coded it (RFC 7541 §6).
type CodedField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	How   string `json:"how"`   // "indexed", "incremental", "without", "never"
	Index int    `json:"index"` // entry of the table that was used, 0 for none; up to 61 they are the static ones
	Size  int    `json:"size"`  // octets on the wire
}

// SettingValue is one setting of a SETTINGS frame (RFC 9113 §6.5.2).
type SettingValue struct {
	Name  string `json:"name"` // "INITIAL_WINDOW_SIZE"
	Value int64  `json:"value"`
}

// PrefaceSent says that a client began to speak HTTP/2 (RFC 9113 §3.4).
type PrefaceSent struct {
	Conn int    `json:"conn"` // number of the connection in this trace
	Data Octets `json:"data"`
}

// FrameExchanged says that a frame crossed.
type FrameExchanged struct {
	Conn     int            `json:"conn"`
	From     Side           `json:"from"`
	Stream   int            `json:"stream"` // 0 is the connection itself
	N        int            `json:"n"`      // fetch that the stream belongs to, 0 for none
	Type     string         `json:"type"`   // "DATA", "HEADERS", "UNKNOWN", …
	Ack      bool           `json:"ack"`    // of SETTINGS and PING
	Flags    []string       `json:"flags"`  // "END_STREAM", "END_HEADERS", "PADDED", "PRIORITY", "ACK"
	Length   int            `json:"length"` // of the payload, in octets
	Fields   []CodedField   `json:"fields"` // of the field block that ends here
	Table    int            `json:"table"`  // octets in the sender's dynamic table after the block, -1 without one
	Settings []SettingValue `json:"settings"`
	Value    int64          `json:"value"` // increment of WINDOW_UPDATE, last stream of GOAWAY
	Code     string         `json:"code"`  // of RST_STREAM and GOAWAY: "REFUSED_STREAM"
	// Left and StreamLeft are what the sender of DATA may still send, after this
	// DATA or WINDOW_UPDATE frame: on the connection, on the stream; -1 where the
	// frame says nothing of it.
	Left       int64  `json:"left"`
	StreamLeft int64  `json:"streamLeft"`
	Frame      Octets `json:"frame"` // header of nine octets and payload, as far as they are kept
}

// StreamEntered says which state a stream has come to (RFC 9113 §5.1).
type StreamEntered struct {
	Conn    int    `json:"conn"`
	Stream  int    `json:"stream"`
	N       int    `json:"n"`
	State   string `json:"state"`   // "open", "halfClosedLocal", "halfClosedRemote", "closed"
	Streams int    `json:"streams"` // that are not closed on this connection now
}

// SessionEnded says how the use of a connection for HTTP/2 ended.
type SessionEnded struct {
	Conn     int    `json:"conn"`
	Reason   string `json:"reason"` // "done", "goaway", "closed", "malformed", "flood", "failed"
	Code     string `json:"code"`   // of the GOAWAY that was sent or received last, "" for none
	Detail   string `json:"detail"` // in English, "" for nothing
	Streams  int    `json:"streams"`
	Sent     int    `json:"sent"` // frames
	Received int    `json:"received"`
	Untold   int    `json:"untold"` // frames of those that were not told one by one
}

func (PrefaceSent) fact()    {}
func (FrameExchanged) fact() {}
func (StreamEntered) fact()  {}
func (SessionEnded) fact()   {}

func (SessionEnded) lasting() {}

func (PrefaceSent) drawnByServer()    {}
func (FrameExchanged) drawnByServer() {}
func (StreamEntered) drawnByServer()  {}
func (SessionEnded) drawnByServer()   {}

func (f PrefaceSent) octets() int    { return len(f.Data) }
func (f FrameExchanged) octets() int { return len(f.Frame) }
