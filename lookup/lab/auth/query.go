package auth

import "encoding/binary"

// Message sizes.
const (
	headerOctets   = 12
	minUDPResponse = 512  // without EDNS (RFC 1035 section 4.2.1)
	maxUDPResponse = 1232 // what this server is willing to send over UDP, and says so in its OPT
	maxStream      = 65535
	optOctets      = 11 // an OPT record without options
)

// Response codes.
const (
	rcodeNoError  = 0
	rcodeFormErr  = 1
	rcodeServFail = 2
	rcodeNXDomain = 3
	rcodeNotImp   = 4
	rcodeRefused  = 5
	rcodeYXDomain = 6
	rcodeBadVers  = 16 // spread over OPT and header (RFC 6891 section 6.1.3)
)

// Header flags, as the second 16-bit word of the header.
const (
	flagQR     = 1 << 15
	flagAA     = 1 << 10
	flagTC     = 1 << 9
	flagRD     = 1 << 8
	opcodeMask = 0xf << 11
	rcodeMask  = 0xf
)

// query is what a server reads of a question.
type query struct {
	id    uint16
	flags uint16

	questionEnd int // the question is octets 12 to here, 0 if it was not understood
	name        name
	typ, class  uint16

	edns    bool
	version uint8
	size    uint16 // the asker's UDP size
	do      bool   // DNSSEC OK (RFC 3225), copied to the response
}

// verdict is what reading a query came to.
type verdict int

const (
	readOK      verdict = iota
	readIgnore          // not a query: say nothing
	readFormErr         // a query, but malformed
	readNotImp          // an opcode this server does not have
)

// read understands a message as a query. Servers accept little on purpose: one
// question, no answers, and nothing in the additional section but one OPT.
func (q *query) read(msg []byte) verdict {
	q.questionEnd, q.edns, q.version, q.size, q.do = 0, false, 0, 0, false
	if len(msg) < headerOctets {
		return readIgnore
	}
	q.id, q.flags = binary.BigEndian.Uint16(msg), binary.BigEndian.Uint16(msg[2:])
	switch {
	case q.flags&flagQR != 0:
		return readIgnore // a response to a server: answering it could go on for ever
	case q.flags&opcodeMask != 0:
		return readNotImp // other opcodes give the rest of the message other meanings
	case q.flags&rcodeMask != 0:
		return readFormErr
	}
	count := func(i int) uint16 { return binary.BigEndian.Uint16(msg[4+2*i:]) }
	if count(0) != 1 { // RFC 9619: QDCOUNT of a query is one
		return readFormErr
	}
	n, err := q.name.set(msg[headerOctets:])
	end := headerOctets + n
	if err != nil || len(msg) < end+4 {
		return readFormErr
	}
	q.typ, q.class = binary.BigEndian.Uint16(msg[end:]), binary.BigEndian.Uint16(msg[end+2:])
	q.questionEnd = end + 4
	// IXFR carries the asker's SOA in the authority section (RFC 1995 section 3).
	// It is refused without being read.
	if q.typ == typeIXFR && count(1) == 0 {
		return readOK
	}
	if count(1) != 0 || count(2) != 0 || count(3) > 1 {
		return readFormErr
	}
	if count(3) == 1 && !q.readOPT(msg[q.questionEnd:]) {
		return readFormErr
	}
	return readOK // whatever follows the last record is ignored
}

// readOPT reads the OPT record (RFC 6891 section 6.1.2).
func (q *query) readOPT(rr []byte) bool {
	if len(rr) < optOctets || rr[0] != 0 || binary.BigEndian.Uint16(rr[1:]) != typeOPT {
		return false
	}
	q.edns = true
	q.size = binary.BigEndian.Uint16(rr[3:])
	q.version = rr[6]
	if q.version != 0 {
		return true // its flags and options may mean anything
	}
	q.do = rr[7]&0x80 != 0
	options := int(binary.BigEndian.Uint16(rr[9:]))
	rr = rr[optOctets:]
	if options > len(rr) {
		return false
	}
	// Options are not acted upon, but they have to add up.
	for rr = rr[:options]; len(rr) > 0; {
		if len(rr) < 4 {
			return false
		}
		length := 4 + int(binary.BigEndian.Uint16(rr[2:]))
		if length > len(rr) {
			return false
		}
		rr = rr[length:]
	}
	return true
}

// limit is how large the response may be.
func (q *query) limit(stream bool) int {
	switch {
	case stream:
		return maxStream
	case !q.edns:
		return minUDPResponse
	}
	// Smaller sizes are treated as 512 (RFC 6891 section 6.2.3).
	return min(max(int(q.size), minUDPResponse), maxUDPResponse)
}
