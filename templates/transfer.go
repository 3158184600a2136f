package templates

import (
	"encoding/hex"
	"net/url"
	"strconv"
	"time"

	"rootwalk/lookup"
)

// Transfer is what the sheet of zone transfers shows.
type Transfer struct {
	Zones  []lookup.Name    // that can be shown
	State  lookup.ZoneState // of the zone on show
	Latest []TransferLink   // newest first
	View   *TransferView    // of the trace on show, nil for none
}

// TransferLink leads to a recorded transfer.
type TransferLink struct {
	Trace, Title string
	At           time.Time // lesson time
}

// skips are the jumps of lesson time that the sheet offers, in seconds.
var transferSkips = []int{300, 3600, 86400}

func serial(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// transferHref is the sheet with a trace, in the room.
func transferHref(p Page, trace string) string {
	to := "/lookups/" + trace + "/transfer"
	if p.Room != "" && p.Room != "main" {
		to += "?room=" + p.Room
	}
	return to
}

// zoneHref is the sheet with a zone and no trace of a transfer.
func zoneHref(p Page, zone lookup.Name) string {
	q := url.Values{"zone": {zone.Short()}}
	if p.Room != "" && p.Room != "main" {
		q.Set("room", p.Room)
	}
	return "/lookups/example/transfer?" + q.Encode()
}

// ring is a timer of a secondary: how much of it is left, on lesson time.
type ring struct {
	name     string // "refresh", "retry", "expire"
	set, due time.Time
}

func ringsOf(c lookup.ZoneCopy) []ring {
	if c.Primary || c.NextAt.IsZero() {
		return nil
	}
	return []ring{{c.Timer, c.SetAt, c.NextAt}, {"expire", c.RefreshedAt, c.ExpiresAt}}
}

// left is the share of the timer that is left at an instant, in percent.
func (r ring) left(now time.Time) int {
	whole := r.due.Sub(r.set)
	if whole <= 0 {
		return 0
	}
	return int(min(100, max(0, 100*r.due.Sub(now)/whole)))
}

// seconds is the time left, rounded up.
func (r ring) seconds(now time.Time) string {
	return strconv.FormatInt(int64(max(0, (r.due.Sub(now)+time.Second-1)/time.Second)), 10)
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// instantText is an instant of lesson time, to the second.
func instantText(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// state is what a server does with its copy: a key below "transfer.copy.".
func copyState(c lookup.ZoneCopy) string {
	switch {
	case c.Down:
		return "down"
	case c.Expired:
		return "expired"
	}
	return "answers"
}

// addressRecords are the records of a zone that hold an address and could be
// changed, name servers apart: theirs are where the servers are.
func addressRecords(s lookup.ZoneState) (out []lookup.Record) {
	servers := map[string]bool{}
	for _, r := range s.Records {
		if r.Type == lookup.TypeNS {
			servers[r.Data] = true
		}
	}
	for _, r := range s.Records {
		if (r.Type == lookup.TypeA || r.Type == lookup.TypeAAAA) && !servers[string(r.Name)] {
			out = append(out, r)
		}
	}
	return out
}

// offeredAddress is an address to change to: the next one.
func offeredAddress(s lookup.ZoneState) string {
	for _, r := range addressRecords(s) {
		if r.Type == lookup.TypeA {
			if r.Data == "203.0.113.28" {
				return "203.0.113.29"
			}
			return "203.0.113.28"
		}
	}
	return ""
}

// relative is a name as a zone file of that zone writes it.
func relative(name, zone lookup.Name) string {
	if name.Equal(zone) {
		return "@"
	}
	if name.In(zone) && zone != lookup.Root {
		return string(name[:len(name)-len(zone)-1])
	}
	return string(name)
}

// hexRows are bytes in rows of twelve, so that the header is the first row.
func hexRows(b []byte) (rows []string) {
	for len(b) > 0 {
		n := min(12, len(b))
		row := ""
		for i, c := range b[:n] {
			if i > 0 {
				row += " "
			}
			row += hex.EncodeToString([]byte{c})
		}
		rows, b = append(rows, row), b[n:]
	}
	return rows
}

// recordLine is a record as a line of a zone file.
func recordLine(r lookup.Record, zone lookup.Name) string {
	return relative(r.Name, zone) + " " + strconv.FormatUint(uint64(r.TTLSec), 10) + " " + r.Type.String() + " " + r.Data
}

// end is who stands at one end of the ladder: the primary, or the others, which
// may be several.
func (v *TransferView) end(p Page, primary bool) string {
	name := ""
	for _, c := range v.Copies {
		if c.Primary == primary {
			if name != "" {
				return p.T("transfer.secondaries")
			}
			name = c.Server.Name.Short()
		}
	}
	if !primary && v.Cause == "stranger" {
		return p.T("transfer.stranger")
	}
	return name
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
