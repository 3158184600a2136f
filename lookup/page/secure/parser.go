package secure

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"rootwalk/lookup"
)

// Bounds of one message's anatomy. A message with more fields than that ends in
// one field named REST, one that does not parse in one named MALFORMED.
const (
	maxFields = 600
	maxDepth  = 12
	maxText   = 120 // characters of a value
)

// anatomist names the fields of a message. It never reads past end.
type anatomist struct {
	b     []byte
	at    int
	end   int // of the innermost vector
	depth int
	out   []lookup.WireField
	bad   bool // what follows cannot be told
}

// left is how many bytes the innermost vector still has.
func (a *anatomist) left() int {
	if a.bad {
		return 0
	}
	return a.end - a.at
}

// take adds the next n bytes as a field and returns them, nil if they are not
// there. What the text says is set by the caller with note.
func (a *anatomist) take(name string, n int) []byte {
	if a.bad || n < 0 || n > a.end-a.at || len(a.out) >= maxFields {
		a.bad = true
		return nil
	}
	v := a.b[a.at : a.at+n : a.at+n]
	a.out = append(a.out, lookup.WireField{At: a.at, Len: n, Depth: a.depth, Name: name})
	a.at += n
	return v
}

// note says the value of the field that was taken last.
func (a *anatomist) note(text string) {
	if a.bad || len(a.out) == 0 {
		return
	}
	text = lookup.Printable(text)
	if r := []rune(text); len(r) > maxText {
		text = string(r[:maxText-1]) + "…"
	}
	a.out[len(a.out)-1].Text = text
}

// number takes n bytes as a number; text says it, nil for decimal.
func (a *anatomist) number(name string, n int, text func(v uint64) string) uint64 {
	b := a.take(name, n)
	if b == nil {
		return 0
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	if text == nil {
		a.note(strconv.FormatUint(v, 10))
	} else {
		a.note(text(v))
	}
	return v
}

// group puts the fields that f takes below one that covers them.
func (a *anatomist) group(name string, f func()) {
	if a.bad || a.depth >= maxDepth || len(a.out) >= maxFields {
		a.bad = true
		return
	}
	i := len(a.out)
	a.out = append(a.out, lookup.WireField{At: a.at, Depth: a.depth, Group: true, Name: name})
	a.depth++
	f()
	a.depth--
	a.out[i].Len = a.at - a.out[i].At
}

// title says what a group is about, once its fields have been taken.
func (a *anatomist) title(i int, text string) {
	if i >= 0 && i < len(a.out) {
		a.out[i].Text = lookup.Printable(text)
	}
}

// vector takes a length of n bytes and has f take the fields within; bytes that
// f leaves are MALFORMED.
func (a *anatomist) vector(name string, n int, f func()) {
	size := a.number(name+".length", n, nil)
	if a.bad || size > uint64(a.end-a.at) {
		a.bad = true
		return
	}
	a.within(int(size), f)
}

// within lets f take fields of the next n bytes and no further.
func (a *anatomist) within(n int, f func()) {
	if a.bad || n < 0 || n > a.end-a.at {
		a.bad = true
		return
	}
	end := a.end
	a.end = a.at + n
	f()
	if !a.bad && a.at < a.end {
		a.bad = true // a vector with more in it than it may have
	}
	if !a.bad {
		a.end = end
	}
}

// opaque takes a vector as one field after its length.
func (a *anatomist) opaque(name string, n int, text func(b []byte) string) []byte {
	var v []byte
	a.vector(name, n, func() {
		if a.left() == 0 && !a.bad {
			return
		}
		v = a.take(name, a.left())
		if text != nil && v != nil {
			a.note(text(v))
		}
	})
	return v
}

// list takes a vector of numbers, each a field.
func (a *anatomist) list(name, item string, lengthBytes, itemBytes int, text func(v uint64) string) {
	a.vector(name, lengthBytes, func() {
		for a.left() > 0 {
			a.number(item, itemBytes, text)
		}
	})
}

// finish covers what is left: of a message that could not be read to its end,
// all the rest is one field.
func (a *anatomist) finish() []lookup.WireField {
	if a.at < len(a.b) {
		name := "MALFORMED"
		if len(a.out) >= maxFields {
			name = "REST"
		}
		a.out = append(a.out, lookup.WireField{At: a.at, Len: len(a.b) - a.at, Name: name, Text: strconv.Itoa(len(a.b)-a.at) + " bytes"})
	}
	return a.out
}

func u16(b []byte) uint16 { return binary.BigEndian.Uint16(b) }

func u24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

func hex16(v uint64) string { return fmt.Sprintf("0x%04x", v) }
