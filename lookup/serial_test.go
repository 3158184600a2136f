package lookup

import (
	"testing"
	"time"
)

func TestSerialArithmetic(t *testing.T) {
	for _, c := range []struct {
		s, old Serial
		want   SerialOrder
	}{
		{1, 0, SerialNewer}, {0, 1, SerialOlder}, {7, 7, SerialSame},
		{0, 4294967295, SerialNewer}, {4294967295, 0, SerialOlder}, // round the corner
		{2147483647, 0, SerialNewer}, {2147483648, 0, SerialUndefined}, {0, 2147483648, SerialUndefined}, {2147483649, 0, SerialOlder}, // half a turn, RFC 1982 §3.2
		{2026010101, 2026010100, SerialNewer},
	} {
		if got := c.s.Compare(c.old); got != c.want {
			t.Errorf("%d against %d: %s, want %s", c.s, c.old, got, c.want)
		}
	}
}

func TestNextSerial(t *testing.T) {
	day := time.Date(2026, 11, 28, 23, 0, 0, 0, time.UTC)
	for _, c := range []struct{ s, want Serial }{
		{2026010100, 2026112800}, {2026112800, 2026112801}, {2026112899, 2026112900}, {2030010100, 2030010101}, {1, 2026112800}, {4294967295, 2026112800}, {4100000000, 4100000001},
	} {
		got := c.s.Next(day)
		if got != c.want || got.Compare(c.s) != SerialNewer {
			t.Errorf("after %d comes %d, want %d", c.s, got, c.want)
		}
	}
}
