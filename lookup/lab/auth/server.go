package auth

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
)

// Config describes a server. It is copied and not looked at again.
type Config struct {
	// Identity and Version are what the server says of itself to TXT questions in
	// class CH: id.server and hostname.bind, version.server and version.bind
	// (RFC 4892). Empty means the question is refused. At most 255 octets count.
	Identity, Version string

	// Catalog is the set of zones the server holds; nil holds nothing.
	Catalog *Catalog

	// Rotate makes every answer with several addresses begin with the next one,
	// round and round from a beginning that Seed chooses. Without it the order is
	// that of the zone file.
	Rotate bool
	Seed   uint64

	// Behaviour, if not nil, has the last word on every response.
	Behaviour Behaviour
}

// Server answers queries from its catalog. Use NewServer to make one.
type Server struct {
	identity, version *rrset
	rotate            bool
	turn              atomic.Uint64
	catalog           atomic.Pointer[Catalog]
	behaviour         atomic.Pointer[Behaviour]
	transfers         atomic.Pointer[Transfers]
	down              atomic.Bool

	sockets sockets
}

// NewServer returns a server that answers; give it sockets with ServePacket and
// ServeStream, and Close it when done.
func NewServer(c Config) *Server {
	s := &Server{identity: text(c.Identity), version: text(c.Version), rotate: c.Rotate}
	s.turn.Store(c.Seed)
	s.SetCatalog(c.Catalog)
	s.SetBehaviour(c.Behaviour)
	s.sockets.init()
	return s
}

// SetCatalog exchanges the zones; queries under way finish with the old ones.
func (s *Server) SetCatalog(c *Catalog) {
	if c == nil {
		c = &Catalog{}
	}
	s.catalog.Store(c)
}

// Catalog is the set of zones the server holds.
func (s *Server) Catalog() *Catalog { return s.catalog.Load() }

// SetBehaviour exchanges the behaviour; nil is none.
func (s *Server) SetBehaviour(b Behaviour) {
	if b == nil {
		s.behaviour.Store(nil)
		return
	}
	s.behaviour.Store(&b)
}

// Answer appends the response to msg to dst and returns the longer slice, or
// nil where a server says nothing: the message is no query. from is the asker's
// address, which orders addresses by family; stream says that the query came
// over TCP, where the response may have 65,535 octets. It does not consult the
// behaviour.
func (s *Server) Answer(dst, msg []byte, from netip.Addr, stream bool) []byte {
	r := responders.Get().(*responder)
	defer responders.Put(r)
	q := &r.query
	r.enc.reset(dst)
	verdict := q.read(msg)
	switch verdict {
	case readIgnore:
		return nil
	case readFormErr, readNotImp:
		// Only the header comes back: what follows was not understood.
		rcode := uint16(rcodeFormErr)
		if verdict == readNotImp {
			rcode = rcodeNotImp
		}
		r.enc.u16(q.id)
		r.enc.u16(flagQR | q.flags&(opcodeMask|flagRD) | rcode)
		r.enc.u32(0)
		r.enc.u32(0)
		return r.enc.buf
	}

	r.parts, r.chain, r.rcode, r.aa, r.ede, r.secure = r.parts[:0], 0, rcodeNoError, false, 0, nil
	r.inet6 = from.Is6() && !from.Is4In6()
	r.enc.u16(q.id)
	r.enc.u16(0)
	r.enc.u16(1)
	r.enc.u16(0)
	r.enc.u32(0)
	r.enc.question(q, msg[headerOctets:q.questionEnd])
	r.enc.limit = q.limit(stream)
	if q.edns {
		r.enc.limit -= optOctets
	}
	class := classIN
	switch {
	case q.edns && q.version != 0:
		r.rcode = rcodeBadVers
	case q.class == classCH:
		class = classCH
	case q.class != classIN && q.class != classANY:
		r.rcode, r.ede = rcodeRefused, edeNotSupported
	case q.typ == typeAXFR || q.typ == typeIXFR:
		r.rcode, r.ede = rcodeRefused, edeProhibited // who may has been served before (transfer.go)
	default:
		r.resolve(s.catalog.Load(), &q.name)
	}

	var counts [3]int
	truncated := false
	if class == classCH {
		counts[0] = s.chaos(r)
	} else {
		counts, truncated = r.write(s.first)
	}
	flags := uint16(flagQR) | q.flags&flagRD | uint16(r.rcode&rcodeMask)
	if r.aa {
		flags |= flagAA
	}
	if truncated {
		flags |= flagTC
	}
	if q.edns {
		r.opt()
		counts[2]++
	}
	r.enc.setU16(2, flags)
	for i, n := range counts {
		r.enc.setU16(6+2*i, uint16(n))
	}
	out := r.enc.buf
	r.enc.buf = nil
	return out
}

// first says which record an answer begins with.
func (s *Server) first(set *rrset) int {
	if !s.rotate || set.typ != typeA && set.typ != typeAAAA {
		return 0
	}
	return int((s.turn.Add(1) - 1) % uint64(len(set.rrs)))
}

// Extended DNS errors (RFC 8914 section 4).
const (
	edeProhibited       = 18
	edeNotAuthoritative = 20
	edeNotSupported     = 21
)

// opt writes the server's OPT record (RFC 6891 section 6.1).
func (r *responder) opt() {
	e := &r.enc
	e.buf = append(e.buf, 0)
	e.u16(typeOPT)
	e.u16(maxUDPResponse)
	flags := uint32(r.rcode>>4) << 24
	if r.query.do {
		flags |= 1 << 15
	}
	e.u32(flags)
	if r.ede == 0 {
		e.u16(0)
		return
	}
	// Only refusals carry an extended error, and those are short: it fits.
	e.u16(6)
	e.u16(15)
	e.u16(2)
	e.u16(r.ede)
}

// chaos answers in class CH, where a server speaks of itself (RFC 4892).
func (s *Server) chaos(r *responder) int {
	var set *rrset
	if r.query.typ == typeTXT || r.query.typ == typeANY {
		switch string(r.query.name.wire) {
		case "\x02id\x06server\x00", "\x08hostname\x04bind\x00":
			set = s.identity
		case "\x07version\x06server\x00", "\x07version\x04bind\x00":
			set = s.version
		}
	}
	if set == nil {
		r.rcode, r.ede = rcodeRefused, edeNotSupported
		return 0
	}
	n, _ := r.enc.rrset(&r.query.name, classCH, set, 0)
	return n
}

// text is a TXT RRset of one string, nil if there is nothing to say.
func text(s string) *rrset {
	if s == "" {
		return nil
	}
	s = s[:min(len(s), 255)]
	return &rrset{typ: typeTXT, rrs: []rdata{{head: append([]byte{byte(len(s))}, s...)}}}
}

// frame prefixes a message with its length for a stream (RFC 7766 section 8).
func frame(b []byte) { binary.BigEndian.PutUint16(b, uint16(len(b)-2)) }
