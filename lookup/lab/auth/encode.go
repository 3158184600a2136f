package auth

import "encoding/binary"

// encoder writes a message with name compression (RFC 1035 section 4.1.4). It is
// made once and reused: writing a message allocates nothing.
type encoder struct {
	buf   []byte // the message
	base  int    // where the message begins in buf
	limit int    // the message must not grow past this many octets

	slots [slotCount]slot // names written so far, an open hash table
	order []uint16        // slots in the order they were filled
}

// slot remembers where in the message a suffix of a name stands.
type slot struct {
	hash uint32
	at   uint16 // 0: empty, as no name stands in the header
}

const (
	slotCount = 256
	maxSlots  = 192    // past this, names are written without being remembered
	maxOffset = 0x3fff // what a compression pointer can hold
)

// reset begins a message at the end of buf.
func (e *encoder) reset(buf []byte) {
	for _, i := range e.order {
		e.slots[i] = slot{}
	}
	e.order = e.order[:0]
	e.buf, e.base, e.limit = buf, len(buf), maxStream
}

func (e *encoder) len() int { return len(e.buf) - e.base }

func (e *encoder) u16(v uint16) { e.buf = binary.BigEndian.AppendUint16(e.buf, v) }
func (e *encoder) u32(v uint32) { e.buf = binary.BigEndian.AppendUint32(e.buf, v) }

// setU16 overwrites two octets at an offset in the message.
func (e *encoder) setU16(at int, v uint16) { binary.BigEndian.PutUint16(e.buf[e.base+at:], v) }

// question copies the asker's question, spelling and all: some askers mix upper
// and lower case to recognise forged answers, and compare.
func (e *encoder) question(q *query, octets []byte) {
	for i, start := range q.name.starts {
		e.remember(q.name.hashes[i], headerOctets+int(start))
	}
	e.buf = append(e.buf, octets...)
}

// name writes a name, as a pointer from the first suffix on that is in the
// message already.
func (e *encoder) name(n *name) {
	for i, start := range n.starts {
		if at := e.lookup(n, i); at != 0 {
			e.u16(0xc000 | at)
			return
		}
		e.remember(n.hashes[i], e.len())
		length := n.wire[start]
		e.buf = append(e.buf, n.wire[start:int(start)+1+int(length)]...)
	}
	e.buf = append(e.buf, 0)
}

// lookup finds where the suffix of n from label i stands in the message, or 0.
func (e *encoder) lookup(n *name, i int) uint16 {
	h := n.hashes[i]
	for at := h % slotCount; e.slots[at].at != 0; at = (at + 1) % slotCount {
		if s := e.slots[at]; s.hash == h && e.same(int(s.at), n.suffix(i)) {
			return s.at
		}
	}
	return 0
}

// same reports whether the name at an offset of the message is the given one.
// The message is our own, so its pointers lead backwards and end.
func (e *encoder) same(at int, wire []byte) bool {
	msg := e.buf[e.base:]
	for {
		length := int(msg[at])
		if length >= 0xc0 {
			at = (length&0x3f)<<8 | int(msg[at+1])
			continue
		}
		if length != int(wire[0]) {
			return false
		}
		if length == 0 {
			return true
		}
		for i := 1; i <= length; i++ {
			if fold(msg[at+i]) != wire[i] {
				return false
			}
		}
		at += 1 + length
		wire = wire[1+length:]
	}
}

func (e *encoder) remember(hash uint32, at int) {
	if at > maxOffset || len(e.order) >= maxSlots {
		return
	}
	i := hash % slotCount
	for e.slots[i].at != 0 {
		i = (i + 1) % slotCount
	}
	e.slots[i] = slot{hash, uint16(at)}
	e.order = append(e.order, uint16(i))
}

// mark and rollback undo what was written since: the last names remembered are
// the first forgotten, which is what open addressing needs.
type mark struct{ octets, names int }

func (e *encoder) mark() mark { return mark{len(e.buf), len(e.order)} }

func (e *encoder) rollback(m mark) {
	e.buf = e.buf[:m.octets]
	for _, i := range e.order[m.names:] {
		e.slots[i] = slot{}
	}
	e.order = e.order[:m.names]
}

// rrset writes a whole RRset, beginning with record first and going round, or
// nothing of it if it does not fit.
func (e *encoder) rrset(owner *name, class uint16, set *rrset, first int) (records int, ok bool) {
	m := e.mark()
	for i := range set.rrs {
		rr := &set.rrs[(first+i)%len(set.rrs)]
		e.name(owner)
		e.u16(set.typ)
		e.u16(class)
		ttl := set.ttl
		if set.ttls != nil {
			ttl = set.ttls[i]
		}
		e.u32(ttl)
		e.u16(0)
		start := e.len()
		e.buf = append(e.buf, rr.head...)
		for _, n := range rr.names {
			e.name(n)
		}
		e.buf = append(e.buf, rr.tail...)
		e.setU16(start-2, uint16(e.len()-start))
		if e.len() > e.limit {
			e.rollback(m)
			return 0, false
		}
	}
	return len(set.rrs), true
}
