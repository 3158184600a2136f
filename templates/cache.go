package templates

import (
	"slices"
	"strconv"
	"time"

	"rootwalk/lookup"
)

// cacheBox is one cache as a page shows it.
type cacheBox struct {
	Cache string
	Role  lookup.Role
	Rows  []cacheRow
}

// cacheRow is one entry with what is left of it.
type cacheRow struct {
	Row
	left time.Duration // 0 once it is over
}

// atEnd reports whether a page's caches are the room's present ones, as after
// a lookup of this room, rather than those of a moment of its trace.
func atEnd(p Page) bool {
	return cachesOf(p) != nil && !p.Recorded && (p.View == nil || p.View.State == "finished")
}

// cacheBoxes are the caches of a page. A second resolver appears when it has
// something or was asked, a browser when it had the answer.
func cacheBoxes(p Page) []cacheBox {
	v := p.View
	if v == nil {
		v = &View{}
	}
	var boxes []cacheBox
	if atEnd(p) {
		boxes = cachesNow(v, cachesOf(p), p.Clock.Lesson)
	} else {
		now := time.Time{}
		if v.Lesson != nil {
			now = v.Lesson.Lesson.Add(time.Duration(v.ElapsedUs) * time.Microsecond * time.Duration(v.Lesson.Rate))
		}
		for _, t := range v.Caches {
			boxes = append(boxes, cacheBox{Cache: t.Cache, Rows: rowsAt(t.Rows, now)})
		}
	}
	boxes = slices.DeleteFunc(boxes, func(b cacheBox) bool {
		if b.Cache == cacheBrowser { // the detail sheet has all layers; here it counts where it decided
			return !slices.ContainsFunc(b.Rows, func(r cacheRow) bool { return r.State == "hit" })
		}
		return b.Cache != hostDevice && b.Cache != "R1" && len(b.Rows) == 0 && v.Plate(b.Cache) == nil
	})
	for i := range boxes {
		boxes[i].Role = lookup.RoleResolver
		if hostOf(boxes[i].Cache) == hostDevice {
			boxes[i].Role = lookup.RoleStub
		}
	}
	return boxes
}

func rowsAt(rows []Row, now time.Time) []cacheRow {
	out := make([]cacheRow, len(rows))
	for i, r := range rows {
		out[i] = rowAt(r, now)
	}
	return out
}

func rowAt(r Row, now time.Time) cacheRow {
	row := cacheRow{Row: r, left: time.Duration(r.TTLSec)*time.Second - max(now.Sub(r.StoredAt), 0)}
	if row.left <= 0 {
		row.State = "expired"
	}
	if row.State == "expired" {
		row.left = 0
	}
	return row
}

// cachesNow are the caches as a room holds them now. What the trace knew and
// the room no longer has stays, struck out, if its time is over; if it is not,
// somebody emptied the cache.
func cachesNow(v *View, snapshots []lookup.CacheSnapshot, now time.Time) []cacheBox {
	out := make([]cacheBox, 0, len(snapshots))
	for _, s := range snapshots {
		known := rowsOf(v, s.Cache)
		box := cacheBox{Cache: s.Cache}
		held := map[string]bool{}
		for _, x := range s.Entries {
			r := Row{Name: x.Name, Type: x.Type, Kind: x.Kind, Records: x.Records, TTLSec: x.TTLSec, StoredAt: x.StoredAt, State: "held"}
			if i := slices.IndexFunc(known, func(k Row) bool { return k.Type == x.Type && k.Name.Equal(x.Name) }); i >= 0 && known[i].State != "expired" {
				r.State = known[i].State
			}
			row := rowAt(r, now)
			held[row.Key()] = true
			box.Rows = append(box.Rows, row)
		}
		for _, k := range known {
			if row := rowAt(k, now); !held[row.Key()] && row.left == 0 {
				box.Rows = append(box.Rows, row)
			}
		}
		slices.SortStableFunc(box.Rows, func(a, b cacheRow) int { return b.StoredAt.Compare(a.StoredAt) })
		out = append(out, box)
	}
	return out
}

func rowsOf(v *View, cache string) []Row {
	for _, c := range v.Caches {
		if c.Cache == cache {
			return c.Rows
		}
	}
	return nil
}

// Share is how much of the TTL is left, in percent.
func (r cacheRow) Share() int {
	if r.TTLSec == 0 {
		return 0
	}
	return int((r.left*100 + time.Duration(r.TTLSec)*time.Second/2) / (time.Duration(r.TTLSec) * time.Second))
}

// Dash is how much of the ring is drawn; its length is 100.
func (r cacheRow) Dash() string { return strconv.Itoa(r.Share()) + " 100" }

// Low reports whether the row is about to expire.
func (r cacheRow) Low() bool { return r.left > 0 && r.Share() < 10 }

// Key names the row for the element that takes it over.
func (r cacheRow) Key() string { return string(r.Name.Canonical()) + " " + r.Type.String() }

// cacheLeft is the time left in words.
func cacheLeft(p Page, r cacheRow) string {
	if r.State == "expired" {
		return p.T("cache.over")
	}
	return p.T("cache.time", "left", strconv.FormatInt(int64((r.left+time.Second-1)/time.Second), 10))
}

// cacheData is the first record's data and how many more there are; of a
// negative entry, what it says.
func cacheData(p Page, r cacheRow) string {
	if r.Kind != lookup.CachePositive {
		return p.T("cache."+string(r.Kind), "type", r.Type.String())
	}
	if len(r.Records) == 0 {
		return ""
	}
	s := r.Records[0].Data
	switch r.Type {
	case lookup.TypeNS, lookup.TypeCNAME, lookup.TypePTR, lookup.TypeDNAME:
		s = lookup.Name(s).Short()
	}
	if len(r.Records) > 1 {
		s += " +" + strconv.Itoa(len(r.Records)-1)
	}
	return s
}

// cacheNote says what happened to the row at this step, "" for nothing.
func cacheNote(p Page, r cacheRow) string {
	if r.State == "held" {
		return ""
	}
	return p.T("cache.note." + r.State)
}

// cacheTitle is the heading of a cache.
func cacheTitle(p Page, b cacheBox) string {
	if hostOf(b.Cache) == hostDevice {
		return p.T("cache.of." + b.Cache)
	}
	return p.T("cache.of", "host", b.Cache)
}

// cacheCount counts the rows, "" for none.
func cacheCount(p Page, b cacheBox) string {
	if len(b.Rows) == 0 {
		return ""
	}
	return p.T("cache.count", "count", strconv.Itoa(len(b.Rows)))
}

// cacheFlush says whose cache the button empties.
func cacheFlush(p Page, b cacheBox) string {
	if hostOf(b.Cache) == hostDevice {
		return p.T("cache.flush." + b.Cache)
	}
	return p.T("cache.flush.of", "host", b.Cache)
}

// cacheEmpty says that a cache is empty, and what a resolver has even then.
func cacheEmpty(p Page, b cacheBox) string {
	if hostOf(b.Cache) == hostDevice {
		return p.T("cache.empty")
	}
	return p.T("cache.empty.hints")
}

// cacheAsOf says of which moment the caches are.
func cacheAsOf(p Page) string {
	switch {
	case atEnd(p):
		return p.T("cache.asOf.now")
	case p.View != nil && len(p.View.Balloons) > 0:
		return p.T("cache.asOf.step", "n", strconv.Itoa(len(p.View.Balloons)))
	}
	return p.T("cache.asOf.begin")
}

// clockText is lesson time, with the date once it has left today.
func clockText(r lookup.ClockReading) string {
	lesson, today := r.Lesson.UTC(), r.Real.UTC()
	if lesson.YearDay() == today.YearDay() && lesson.Year() == today.Year() {
		return lesson.Format(time.TimeOnly) + " UTC"
	}
	return lesson.Format(time.DateTime) + " UTC"
}

// clockLead says how far lesson time is ahead of real time, "" if it is not.
func clockLead(p Page) string {
	lead := int64(p.Clock.Lesson.Sub(p.Clock.Real).Round(time.Second) / time.Second)
	if lead <= 0 {
		return ""
	}
	return p.T("clock.lead", "lead", strconv.FormatInt(lead, 10))
}

// skips are the jumps that the lesson clock offers, in seconds.
var skips = []string{"10", "60", "300", "3600", "86400"}
