package page

import (
	"errors"
	"fmt"

	"golang.org/x/net/http2/hpack"

	"rootwalk/lookup"
)

// maxTable is how large a peer may make the table by which it codes fields, in
// octets: the initial value of SETTINGS_HEADER_TABLE_SIZE (RFC 9113 §6.5.2).
const maxTable = 4096

// staticEntries is how many entries the static table has (RFC 7541 appendix A).
const staticEntries = 61

var errBlock = errors.New("page: a field block that cannot be decoded")

// shape is how one field of a block is coded.
type shape struct {
	how   string
	index int
	size  int // octets
}

// shapes reads how the fields of a block are coded (RFC 7541 §6), without their
// contents. Changes of the table's size are given apart, each with the number of
// fields before it. The block has been decoded already, so it is sound; ok is
// false all the same where this reader cannot follow.
func shapes(block []byte) (fields []shape, sizes map[int]int, ok bool) {
	sizes = map[int]int{}
	for at := 0; at < len(block); {
		from, first := at, block[at]
		s := shape{}
		prefix := 4
		switch {
		case first&0x80 != 0:
			s.how, prefix = "indexed", 7
		case first&0x40 != 0:
			s.how, prefix = "incremental", 6
		case first&0x20 != 0:
			prefix = 5
		case first&0x10 != 0:
			s.how = "never"
		default:
			s.how = "without"
		}
		n, next, good := varint(block, at, prefix)
		if !good {
			return nil, nil, false
		}
		at = next
		if s.how == "" {
			sizes[len(fields)] = n
			continue
		}
		s.index = n
		strings := 0
		if s.how != "indexed" {
			if strings = 1; n == 0 {
				strings = 2
			}
		}
		for range strings {
			length, next, good := varint(block, at, 7)
			if !good || length > len(block)-next {
				return nil, nil, false
			}
			at = next + length
		}
		s.size = at - from
		fields = append(fields, s)
	}
	return fields, sizes, true
}

// varint reads an integer with a prefix of some bits (RFC 7541 §5.1).
func varint(b []byte, at, prefix int) (value, next int, ok bool) {
	if at >= len(b) {
		return 0, 0, false
	}
	most := 1<<prefix - 1
	if value = int(b[at]) & most; value < most {
		return value, at + 1, true
	}
	for shift := 0; shift <= 63; shift += 7 {
		if at++; at >= len(b) || shift > 21 && b[at]&0x7f != 0 { // 28 bits: more than any block here has
			return 0, 0, false
		}
		value += int(b[at]&0x7f) << shift
		if b[at]&0x80 == 0 {
			return value, at + 1, true
		}
	}
	return 0, 0, false
}

// table follows how full the dynamic table of one direction is (RFC 7541 §4.1):
// the library that codes does not tell.
type table struct {
	sizes []int // of the entries, oldest first
	used  int
	most  int
}

func (t *table) add(name, value string) {
	n := len(name) + len(value) + 32
	t.sizes, t.used = append(t.sizes, n), t.used+n
	t.evict()
}

func (t *table) resize(most int) {
	t.most = most
	t.evict()
}

func (t *table) evict() {
	drop := 0
	for t.used > t.most && drop < len(t.sizes) {
		t.used -= t.sizes[drop]
		drop++
	}
	t.sizes = t.sizes[drop:]
}

// follow takes a decoded block into the table and says how its fields were coded.
func (t *table) follow(block []byte, fields []hpack.HeaderField) []lookup.CodedField {
	out := make([]lookup.CodedField, 0, len(fields))
	how, sizes, ok := shapes(block)
	if ok = ok && len(how) == len(fields); !ok {
		how = make([]shape, len(fields))
	}
	for i := range len(fields) + 1 {
		if most, changed := sizes[i]; changed {
			t.resize(most)
		}
		if i == len(fields) {
			break
		}
		f := fields[i]
		if how[i].how == "incremental" {
			t.add(f.Name, f.Value)
		}
		out = append(out, lookup.CodedField{Name: lookup.Printable(f.Name), Value: lookup.Printable(cut(f.Value, 500)), How: how[i].how, Index: how[i].index, Size: how[i].size})
	}
	return out
}

// decoder decodes the field blocks of one direction (RFC 7541), within the bounds
// that a head has: what indexes make large out of little is cut off before it is.
type decoder struct {
	hpack *hpack.Decoder
	table table

	fields []hpack.HeaderField
	size   int
	over   bool
}

func newDecoder() *decoder {
	d := &decoder{table: table{most: maxTable}}
	d.hpack = hpack.NewDecoder(maxTable, func(f hpack.HeaderField) {
		d.size += len(f.Name) + len(f.Value) + 32 // RFC 9113 §6.5.2
		if d.size > MaxHead || len(d.fields) == MaxFields {
			d.over = true
			d.hpack.SetEmitEnabled(false)
			return
		}
		d.fields = append(d.fields, f)
	})
	d.hpack.SetMaxStringLength(maxLine)
	return d
}

// decode decodes a whole block. After an error the connection cannot go on: its
// table is not known any more.
func (d *decoder) decode(block []byte) ([]hpack.HeaderField, []lookup.CodedField, error) {
	d.fields, d.size = nil, 0
	_, err := d.hpack.Write(block)
	if err == nil {
		err = d.hpack.Close()
	}
	switch {
	case d.over:
		return nil, nil, ErrHeadSize
	case err != nil:
		return nil, nil, fmt.Errorf("%w: %v", errBlock, err)
	}
	return d.fields, d.table.follow(block, d.fields), nil
}
