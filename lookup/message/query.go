package message

import (
	crypto "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"rootwalk/lookup"
)

// UDPSize is the largest UDP message that we say we can take: it fits into the
// smallest IPv6 packet that every link must carry, so it is never fragmented
// (RFC 9715 §3).
const UDPSize = 1232

// MaxSize is the largest DNS message there is: its length over TCP has 16 bits
// (RFC 7766 §8).
const MaxSize = 65535

// headerLen is the fixed part of every message (RFC 1035 §4.1.1).
const headerLen = 12

// NewID is an unpredictable message ID (RFC 5452 §4.3).
func NewID() uint16 {
	var b [2]byte
	crypto.Read(b[:]) // never fails: it ends the program if the system has no entropy
	return binary.BigEndian.Uint16(b[:])
}

// PackQuery writes a query. With size above 0 it carries an OPT record that
// announces this UDP size (RFC 6891 §6.1.2). It fails only for a name that is
// none.
func PackQuery(id uint16, q lookup.Question, recursionDesired bool, size uint16) ([]byte, error) {
	b := make([]byte, headerLen+lookup.MaxName+4+11)
	binary.BigEndian.PutUint16(b, id)
	if recursionDesired {
		b[2] = 1
	}
	b[5] = 1 // QDCOUNT
	at, err := dns.PackDomainName(string(q.Name), b, headerLen, nil, false)
	if err != nil {
		return nil, fmt.Errorf("name %q: %w", q.Name, err)
	}
	binary.BigEndian.PutUint16(b[at:], uint16(q.Type))
	binary.BigEndian.PutUint16(b[at+2:], uint16(q.Class))
	at += 4
	if size > 0 {
		b[11] = 1 // ARCOUNT
		b[at] = 0 // the root name
		binary.BigEndian.PutUint16(b[at+1:], uint16(lookup.TypeOPT))
		binary.BigEndian.PutUint16(b[at+3:], size)
		at += 11 // extended rcode, version, flags and RDLENGTH are 0
	}
	return b[:at:at], nil
}

// QuestionOf is a question of miekg/dns in the vocabulary.
func QuestionOf(q dns.Question) lookup.Question {
	return lookup.Question{Name: NameOf(q.Name), Type: lookup.Type(q.Qtype), Class: lookup.Class(q.Qclass)}
}

// Query is one question to one server, as iterative and stub hand it to
// transport.
type Query struct {
	Server    lookup.Server
	Zone      lookup.Name // asked on behalf of this zone; "" from a stub, which asks a resolver
	Question  lookup.Question
	Recursive bool // RD=1, and the response is judged as a resolver's, not as a zone's server's
	CacheOnly bool // with Recursive: RD=0 all the same, the resolver is to ask nobody (RFC 1034 §4.3.1)
	Plain     bool // without EDNS, for a server that does not know it (RFC 6891 §7)
	DNSSEC    bool // signatures and denials are wanted: DO=1 (RFC 3225)
	Unchecked bool // CD=1: whoever asks a resolver validates by himself (RFC 4035 §3.2.2)
	// Understood are EDNS options that say which algorithms the asker can use
	// (RFC 6975), in wire format; sent with DNSSEC only.
	Understood []byte
	Try        int // 1 for the first packet of this question to this server
	Timeout    time.Duration
	Priming    bool // the response's additional section is wanted (RFC 9609 §4.2)
	MaxBytes   int  // octets taken from the server in all, believed or not; 0 for no bound

	// Edited, if set, is sent as it stands, once, instead of what the fields
	// above describe; they say as what its response is judged.
	Edited *Edited

	// Sending, if set, is called before each packet leaves, when its source
	// and ID are known.
	Sending func(from netip.AddrPort, id uint16)
}

// Edited is a message that somebody has made by hand.
type Edited struct {
	Bytes  []byte
	TCP    bool
	Prefix int // over TCP: the length that stands in front (RFC 1035 §4.2.2), -1 for the true one
}

// QuestionIn is the one question of a message whose first section can be read.
func QuestionIn(b []byte) (lookup.Question, bool) {
	if len(b) < headerLen || binary.BigEndian.Uint16(b[4:]) != 1 {
		return lookup.Question{}, false
	}
	name, at, err := dns.UnpackDomainName(b, headerLen)
	if err != nil || len(b) < at+4 {
		return lookup.Question{}, false
	}
	return QuestionOf(dns.Question{Name: name, Qtype: binary.BigEndian.Uint16(b[at:]), Qclass: binary.BigEndian.Uint16(b[at+2:])}), true
}

// Errors with which an exchange ends without a response. Everything else is
// the context's error.
var (
	ErrTimeout     = errors.New("no response in time")
	ErrUnreachable = errors.New("the network refused") // ICMP, refused or reset connection
	ErrNoRoute     = errors.New("no route")            // this host cannot reach that network at all
	ErrBlocked     = errors.New("not allowed out")     // the network's policy refused; no packet left
	ErrTooMuch     = errors.New("too many octets")     // more than Query.MaxBytes
)

// SpentError ends an exchange for which nothing is left of what may be used of the
// network: by one lookup, or, of a rate, by all users together.
type SpentError struct {
	Limit  lookup.Outcome // OutcomeQueryLimit, OutcomeByteLimit, OutcomeTimeLimit or OutcomeRateLimit
	Max    int            // connections, octets, milliseconds, or queries a second
	Server bool           // of this one server: others may be asked
}

func (e *SpentError) Error() string { return fmt.Sprintf("%s %d", e.Limit, e.Max) }

// Request is a question as a recursive resolver gets it.
type Request struct {
	Question  lookup.Question
	Client    netip.AddrPort // who asked; the zero value for a caller in the same program
	CacheOnly bool           // RD=0: say what is known, ask nobody (RFC 1034 §4.3.1)
	Unchecked bool           // CD=1: the client validates by itself (RFC 4035 §3.2.2)
	DNSSEC    bool           // DO=1: signatures are wanted (RFC 3225)
	Remember  bool           // Resolution.Memory is of use to the caller
}

// Resolution is what a recursive resolver found, or how it failed.
type Resolution struct {
	Outcome   lookup.Outcome
	Rcode     lookup.Rcode
	Answer    []Set           // alias chain in order, then the data; TTLs are what is left
	Authority []Set           // of a denial: the SOA, if it came
	Queries   int             // packets sent for it
	FromCache bool            // nothing was sent
	Security  lookup.Security // "" where nobody validated

	// Extended says why, beside the rcode (RFC 8914).
	Extended []lookup.ExtendedError

	// Memory says what of a cache all of it was made of, for a caller that
	// wants to give the same answer again as long as nothing has changed; nil
	// where that cannot be told.
	Memory *Memory
}

// Memory is what an answer was made of: entries of a cache, in the order in
// which they were found. While the same searches find the same entries with as much time left
// each, the answer is the same.
type Memory struct {
	Parts  []Remembered
	Signed bool // entries that came without signatures were passed over
	// Until is the instant of lesson time up to which that holds; the zero
	// time for as long as the entries are there. A verdict about signatures is
	// one about a moment.
	Until time.Time
}

// Remembered is one search in a cache and what it found.
type Remembered struct {
	Name    lookup.Name // canonical
	Type    lookup.Type
	Stored  *Stored
	LeftSec uint32
}
