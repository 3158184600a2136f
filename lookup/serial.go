package lookup

import "time"

// Serial is the version of a zone (RFC 1035 §3.3.13). Serials go round: past
// 4,294,967,295 comes 0, and which of two is newer is decided by the shorter
// way round (RFC 1982).
type Serial uint32

// SerialOrder says how one serial stands to another.
type SerialOrder string

// The outcomes of a comparison. Two serials that lie exactly half a turn apart
// have no order (RFC 1982 §3.2): a secondary takes such a zone for no newer.
const (
	SerialNewer     SerialOrder = "newer"
	SerialSame      SerialOrder = "same"
	SerialOlder     SerialOrder = "older"
	SerialUndefined SerialOrder = "undefined"
)

// Compare says what s is to old: newer, the same, older, or neither.
func (s Serial) Compare(old Serial) SerialOrder {
	switch ahead := uint32(s - old); {
	case ahead == 0:
		return SerialSame
	case ahead < 1<<31:
		return SerialNewer
	case ahead > 1<<31:
		return SerialOlder
	}
	return SerialUndefined
}

// Next is a serial for the next version of a zone: today's date with two
// digits behind it where that is newer (RFC 1912 §2.2), else one more.
func (s Serial) Next(now time.Time) Serial {
	y, m, d := now.UTC().Date()
	if date := int64(y)*1000000 + int64(m)*10000 + int64(d)*100; date <= 1<<32-1 {
		if today := Serial(date); today.Compare(s) == SerialNewer {
			return today
		}
	}
	return s + 1
}
