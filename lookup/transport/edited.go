package transport

import (
	"context"
	"encoding/binary"
	"slices"

	"rootwalk/lookup/message"
)

// edited sends a message that was made by hand, once, over what was chosen for
// it, and judges what comes back as it would any response.
func (x *exchange) edited(ctx context.Context) (r *message.Response, err error) {
	if x.q.Edited.TCP {
		r, err = x.tcp(ctx)
	} else {
		r, err = x.udp(ctx)
	}
	if r == nil {
		r = &message.Response{Server: x.q.Server}
	}
	r.Sent, r.Bytes = x.sent, x.got
	return r, err
}

func (x *exchange) packEdited(f *flight) {
	f.query, f.id = x.q.Edited.Bytes, 0
	if len(f.query) >= 2 {
		f.id = binary.BigEndian.Uint16(f.query)
	}
}

// length is what stands in front of a message over TCP.
func (x *exchange) length(msg []byte) uint16 {
	if x.q.Edited != nil && x.q.Edited.Prefix >= 0 {
		return uint16(x.q.Edited.Prefix)
	}
	return uint16(len(msg))
}

// asked is a response as it is to be judged: whoever sent another opcode than
// QUERY gets that one back (RFC 1035 §4.1.1), and does not take it amiss.
func (x *exchange) asked(b []byte) []byte {
	const opcode = 0x78
	if x.q.Edited == nil || len(b) < 3 || len(x.q.Edited.Bytes) < 3 || (b[2]^x.q.Edited.Bytes[2])&opcode != 0 {
		return b
	}
	b = slices.Clone(b)
	b[2] &^= opcode
	return b
}
